-- Booking months open and close; what comes late is booked in the next.
SELECT 1;
