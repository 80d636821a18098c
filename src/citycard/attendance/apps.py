"""Attendance as a Django app."""

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.attendance"
    label = "attendance"
