-- What each closed month came to, party by party.
SELECT 1;
