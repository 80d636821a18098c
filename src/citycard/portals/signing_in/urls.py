"""Addresses of signing in and out."""

from django.urls import path

from citycard.portals.signing_in import by_certificate, by_email, by_password, personas

app_name = "signing_in"
urlpatterns = [
    path("sign-in/", by_email.start, name="start"),
    path("sign-in/code/", by_email.code, name="code"),
    path("sign-in/certificate/", by_certificate.certificate, name="certificate"),
    path("sign-in/persona/", personas.enter, name="persona"),
    path("sign-in/demo-mail/", by_email.demo_mail, name="demo_mail"),
    path("staff/sign-in/", by_password.staff, name="staff"),
    path("sign-out/", personas.leave, name="sign_out"),
]
