-- How much of each move was taken back.
SELECT 1;
