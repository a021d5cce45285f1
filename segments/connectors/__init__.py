"""Vendors of CRM and help desk software: a file each, all of the shape in base.py."""
