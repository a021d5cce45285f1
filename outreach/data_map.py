"""What the fields of outreach hold."""

from accounts.personal_data import About, DataMap

_EDITABLE = "id organization revision edited_at edited_by deleted_at"

DATA_MAP: DataMap = {
    "outreach.EngineTick": About(none="name looked_at sent_at sent fault"),
    "outreach.Standstill": About(none="id since reason"),
    "outreach.SendingDay": About(none="id organization day claimed"),
    "outreach.Sender": About(
        tenant="name address reply_to is_default", none="id organization verified_at revision created_at"
    ),
    "outreach.Template": About(
        tenant="name message_class channel default_locale subject body",
        none=f"{_EDITABLE} created_at updated_at",
    ),
    "outreach.Wording": About(
        # Templates with holes; what is filled in stands in Message.facts.
        tenant="title subject html text from_name from_address reply_to constants locale",
        none="id organization digest created_at",
    ),
    "outreach.Campaign": About(
        tenant="name template segment improvement sender message_class content scheduled_at",
        none=f"{_EDITABLE} state mode launched_at launched_by paused_at ended_at chosen_upto audience run"
        " created_at updated_at changed",
    ),
    "outreach.FollowUp": About(
        tenant="category template enabled delay_minutes", none=f"{_EDITABLE} updated_at"
    ),
    "outreach.Message": About(
        personal="address facts answer",
        none="id organization state reason possible_duplicate due_at expires_at urgent capped gapped quiet attempt"
        " attempts lease_until wire_started_at wording_id customer_id channel message_class topic mode origin_kind"
        " origin_id",
        person="customer_id",
    ),
    "outreach.Attempt": About(
        # What a mail server said; it may name the address, and goes with its month.
        member="answer",
        none="id organization send_key_id number outcome at",
    ),
    "outreach.SettledMessage": About(
        member="answer",
        none="id organization wording_id outcome reason possible_duplicate attempts due_at wire_started_at at",
    ),
    "outreach.SendKey": About(
        personal="reason",
        none="id organization key customer channel message_class topic mode origin_kind origin_id outcome"
        " possible_duplicate created_at settled_at",
        person="customer_id",
    ),
    "outreach.Alert": About(
        none="id organization membership kind response case improvement occasion at read_at mailed"
    ),
    "outreach.CaseDraft": About(
        personal="subject text",
        none="id organization case membership updated_at",
        person="case__customer_id",
        delete=True,
    ),
    "outreach.CaseEvent": About(
        personal="subject text facts",
        member="by_name",
        none="id organization case kind at by send_key",
        person="case__customer_id",
    ),
    "outreach.Case": About(
        personal="cause",
        tenant="unit owner outcome",
        none=f"{_EDITABLE} number customer response state mode opened_how score opened_at due_at first_contact_at"
        " waiting_since late_told_at closed_at closed_by changed",
        person="customer_id",
    ),
}
