-- What somebody had, and why, is closed and added to, never rewritten.
REVOKE UPDATE ON entitlements_right FROM citycard_app;
GRANT UPDATE (recorded) ON entitlements_right TO citycard_app;
