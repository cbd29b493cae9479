"""Casework's tables as Django sees them; it creates none of them."""

from typing import Any

from django.db import models


class Unit(models.Model):
    id = models.UUIDField(primary_key=True)
    jurisdiction = models.TextField()

    class Meta:
        managed, db_table = False, "units"


class User(models.Model):
    id = models.UUIDField(primary_key=True)
    username = models.TextField()
    role = models.TextField()
    unit = models.ForeignKey(Unit, models.DO_NOTHING, null=True)
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        managed, db_table = False, "users"


class Session(models.Model):
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.DO_NOTHING)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        managed, db_table = False, "sessions"


class Token(models.Model):
    digest = models.BinaryField(primary_key=True)
    session = models.ForeignKey(Session, models.DO_NOTHING)
    kind = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        managed, db_table = False, "tokens"


class Case(models.Model):
    id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    number = models.TextField()
    person_id = models.UUIDField()
    programme = models.TextField()
    status = models.TextField()
    phase = models.TextField()
    need_level = models.TextField(null=True)
    lead_worker_id = models.UUIDField()
    unit_id = models.UUIDField()
    operation_id = models.UUIDField(null=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    closure_reason = models.TextField(null=True)
    closure_proposed_by = models.UUIDField(null=True)
    closure_proposed_at = models.DateTimeField(null=True)

    class Meta:
        managed, db_table = False, "cases"


class Track(models.Model):
    id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    case = models.ForeignKey(Case, models.DO_NOTHING, related_name="tracks")
    record_class = models.TextField()
    code = models.TextField()
    pillar = models.TextField()
    state = models.TextField()
    since = models.DateField()
    due_on = models.DateField(null=True)
    attending = models.BooleanField(null=True)

    class Meta:
        managed, db_table = False, "tracks"


class TeamMember(models.Model):
    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, models.DO_NOTHING, related_name="team")
    user = models.ForeignKey(User, models.DO_NOTHING)
    role = models.TextField()
    jurisdiction = models.TextField()
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        managed, db_table = False, "team_members"


class Event(models.Model):
    id = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    role = models.TextField(null=True)
    session_id = models.UUIDField(null=True)
    action = models.TextField()
    route = models.TextField()
    outcome = models.TextField()
    file_id = models.UUIDField(null=True)
    record_class = models.TextField(null=True)
    record = models.TextField(null=True)
    record_id = models.UUIDField(null=True)
    record_version = models.IntegerField(null=True)
    request_id = models.UUIDField()
    policy = models.TextField()
    detail: Any = models.JSONField()
    chain = models.TextField(null=True)
    seq = models.IntegerField(null=True)
    hash = models.BinaryField(null=True)

    class Meta:
        managed, db_table = False, "audit_events"


class Subject(models.Model):
    pk = models.CompositePrimaryKey("file_id", "event_id")
    file_id = models.UUIDField()
    event_id = models.UUIDField()

    class Meta:
        managed, db_table = False, "audit_subjects"


class Head(models.Model):
    pk = models.CompositePrimaryKey("file_id", "chain")
    file_id = models.UUIDField()
    chain = models.TextField()
    seq = models.IntegerField()
    hash = models.BinaryField()

    class Meta:
        managed, db_table = False, "chain_heads"


class Note(models.Model):
    id = models.UUIDField(primary_key=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    case = models.ForeignKey(Case, models.DO_NOTHING)
    case_jurisdiction = models.TextField()
    record_class = models.TextField()
    kind = models.TextField()
    occurred_on = models.DateField()
    text = models.BinaryField()
    author_id = models.UUIDField()
    corrects_id = models.UUIDField(null=True)
    last_event_id = models.UUIDField()

    class Meta:
        managed, db_table = False, "notes"


class Revision(models.Model):
    pk = models.CompositePrimaryKey("record_id", "version")
    record_id = models.UUIDField()
    version = models.IntegerField()
    record = models.TextField()
    record_class = models.TextField()
    file_id = models.UUIDField()
    event_id = models.UUIDField()
    created_at = models.DateTimeField()
    snapshot = models.BinaryField()

    class Meta:
        managed, db_table = False, "revisions"


class Message(models.Model):
    id = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField()
    file_id = models.UUIDField(null=True)
    topic = models.TextField()
    body: Any = models.JSONField()
    sent = models.BooleanField(default=False)

    class Meta:
        managed, db_table = False, "outbox_messages"
