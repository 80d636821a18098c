-- Volunteers' hours, signed in and out.
SELECT 1;
