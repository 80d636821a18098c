-- Papers: files that are signed, kept and served again unchanged.
SELECT 1;
