from django.db import models


class EngineTick(models.Model):
    """Progress, not a ping: when each kind of process last looked and last sent. Directory: holds no tenant's data."""

    name = models.CharField(max_length=32, primary_key=True)
    looked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Standstill(models.Model):
    """While a row stands here, nothing is sent for anybody: the kill switch, and the state of a restored backup."""

    since = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.reason
