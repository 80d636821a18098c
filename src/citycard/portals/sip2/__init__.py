"""The library's door: terminals that speak SIP2 reach their own library's system through here.

A proxy. It replaces a citizen card's number or a code on a phone by the library's own number of its
holder, and passes everything else through byte for byte, both ways.
"""
