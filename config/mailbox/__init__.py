"""The mailbox of a trial: a local SMTP server that keeps every mail, and pages that show them."""
