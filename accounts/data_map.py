"""What the fields of accounts hold."""

from accounts.personal_data import About, DataMap

_EDITABLE = "id revision edited_at edited_by deleted_at"

DATA_MAP: DataMap = {
    "accounts.User": About(
        member="email name password locale time_zone",
        none="id last_login is_superuser is_active is_staff session_generation created_at",
    ),
    "accounts.Organization": About(
        tenant="name slug kind time_zone locale currency postal_address brand_colour logo business_hours"
        " quiet_from quiet_to cap_count cap_days survey_gap_days privacy_threshold daily_send_cap",
        none=f"{_EDITABLE} sending_paused_at salt created_at",
    ),
    "accounts.Membership": About(
        member="notifications", tenant="role unit", none="id user organization joined_at last_seen_at"
    ),
    "accounts.MemberInvitation": About(
        member="email",
        tenant="role unit",
        none="id organization generation invited_by sent_at expires_at accepted_at accepted_by revoked_at",
    ),
    "accounts.Unit": About(tenant="name path sort_key parent", none=f"{_EDITABLE} organization"),
    "accounts.ApiKey": About(
        tenant="name scopes unit mode",
        none="id organization prefix secret_hash created_by created_at last_used_at revoked_at",
    ),
    "accounts.KeyPrefix": About(none="prefix organization"),
    "accounts.AuditEntry": About(
        # Ids and plain facts, by the rule of accounts.auditing: names are joined when shown.
        tenant="details",
        none="id organization at action actor_kind actor_user actor_key subject_type subject",
    ),
    "accounts.Deletion": About(
        none="id organization subject_type subject at by purge_at restored_at purged_at"
    ),
    "accounts.Doorbell": About(none="id organization due_at"),
    "accounts.IdempotentAnswer": About(
        # Gone after 24 hours; it may quote a customer until then.
        member="body",
        none="id organization api_key key request_hash status content_type created_at",
    ),
    "accounts.News": About(
        none="id organization recorded_at name version subject_kind subject_id facts at lane due_at settled_at"
        " held_at attempts told fault",
    ),
    "accounts.StoredFile": About(
        tenant="name purpose",
        none="id organization key content_type size width height created_by created_at",
    ),
}
