SELECT DISTINCT district FROM pub.members WHERE district IS NOT NULL ORDER BY district
