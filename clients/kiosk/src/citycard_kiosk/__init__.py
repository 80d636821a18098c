"""The agent beside a kiosk's card writer. It owns the writer, a durable journal and the kiosk's
key.
"""
