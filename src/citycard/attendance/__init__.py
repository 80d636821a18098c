"""Attendance: who came and who left: pupils at school gates, staff at work."""
