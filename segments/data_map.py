"""What the fields of segments hold. The customer's own row stands last: the others lead to it."""

from accounts.personal_data import About, DataMap

_EDITABLE = "id organization revision edited_at edited_by deleted_at"

DATA_MAP: DataMap = {
    "segments.Attribute": About(
        tenant="key label kind choices currency sensitive position", none=f"{_EDITABLE} created_at"
    ),
    "segments.AttributeChange": About(
        personal="old new",
        tenant="key source",
        none="id organization customer_id at",
        person="customer_id",
        delete=True,
    ),
    "segments.Company": About(
        tenant="name domain external_id industry time_zone owner revenue currency renewal_date source",
        none=f"{_EDITABLE} mode changed created_at updated_at",
    ),
    "segments.Connection": About(
        tenant="vendor account secret pulls pushes errands makes_people fields_in fields_out segments their_fields"
        " fault",
        none=f"{_EDITABLE} access_until place try_at tried_at making pull_at pulled_at pushed_at filled_upto"
        " stays_upto wait_until busy_until failures paused_at ended_at seen created updated tickets written"
        " created_at",
    ),
    # Whom it is about is looked up when it goes; a queue of seconds.
    "segments.Outgoing": About(
        tenant="fault", none="id organization connection kind subject version due_at attempts held_at unsure"
    ),
    "segments.Errand": About(none="id organization connection kind subject theirs done at"),
    "segments.HeardTicket": About(
        personal="theirs",
        none="id organization connection customer_id solved at",
        person="customer_id",
        delete=True,
    ),
    # A record that was refused belongs to no customer yet; what it says is why, and it goes after 30 days.
    "segments.NotTakenIn": About(
        member="message", tenant="field", none="id organization connection theirs at again"
    ),
    "segments.Consent": About(
        personal="allowed evidence",
        tenant="source",
        none="id organization customer channel purpose at",
        person="customer_id",
        delete=True,
    ),
    "segments.ConsentChange": About(
        personal="allowed evidence",
        tenant="source",
        none="id organization customer channel purpose at",
        person="customer_id",
        delete=True,
    ),
    "segments.Contact": About(
        personal="subject",
        none="id organization customer channel purpose counted at send_id",
        person="customer_id",
        delete=True,
    ),
    "segments.CustomerKey": About(
        personal="value",
        tenant="kind source",
        none="id organization customer created_at seen_at",
        person="customer_id",
        delete=True,
    ),
    "segments.CustomerEvent": About(
        personal="name amount currency properties",
        tenant="source unit",
        none="id organization customer_id at mode recorded_at",
        person="customer_id",
        delete=True,
    ),
    # That they look alike is no fact of theirs, and the line goes with either of them.
    "segments.Distinction": About(none="id organization first second at by"),
    "segments.EventMessageId": About(none="id organization message_id at"),
    "segments.CustomerImport": About(
        # The preview quotes rows of the file; it goes with the file.
        member="started_by preview",
        tenant="file file_name header mapping existing consent_ground encoding delimiter",
        none="id organization file_bytes mode state failure rows_total rows_seen offset created updated unchanged"
        " skipped refused warned created_at started_at touched_at finished_at",
    ),
    "segments.ImportRowError": About(
        # A row that was refused belongs to no customer yet; it goes with its import.
        member="cells",
        tenant="column message",
        none="id organization customer_import row_number warning",
    ),
    "segments.InboundWebhook": About(
        tenant="name signing header mapping", none=f"{_EDITABLE} mode generation created_at updated_at"
    ),
    # A body that was refused belongs to no customer yet; it goes with the last fifty, or after 30 days.
    "segments.InboundDelivery": About(
        personal="body message",
        tenant="path",
        none="id organization webhook key received_at outcome repeats customer_id",
        person="customer_id",
        delete=True,
    ),
    "segments.Merge": About(
        # What two records said before they became one; blanked when the way back ends.
        personal="written facts",
        none="id organization survivor absorbed_id at by undo_until undone_at closed_at moved",
        person="survivor_id",
        delete=True,
    ),
    # That somebody asked, and that it was done, stays; what they wrote goes.
    "segments.DataRequest": About(
        personal="asked reply",
        none="id organization customer_id kind state asked_at due_at decided_at decided_by",
        person="customer_id",
    ),
    "segments.Segment": About(
        member="created_by",
        tenant="name description rule static ready_key",
        none=f"{_EDITABLE} counted counted_at changed created_at updated_at",
    ),
    "segments.SegmentMember": About(
        none="id organization segment customer added_at", person="customer_id", delete=True
    ),
    # In which segments somebody was says what they are like: it is theirs, and it goes with them.
    "segments.SegmentStay": About(
        personal="segment entered_at left_at",
        none="id organization customer entered_why left_why changed",
        person="customer_id",
        delete=True,
    ),
    "segments.SegmentFollowing": About(none="id organization segment signature filling through next_at held"),
    "segments.FollowingTurn": About(
        none="id organization positions surroundings seen_at next_at filled_from after audited_at audited drifted"
        " suspects suspected_below"
    ),
    # A queue of seconds.
    "segments.FactChange": About(none="id organization kind whose"),
    "segments.StageChange": About(
        personal="old new", none="id organization customer_id at why", person="customer_id", delete=True
    ),
    "segments.Feature": About(tenant="name event property value silent_days", none=f"{_EDITABLE} created_at"),
    "segments.StagePlan": About(tenant="stages", none=_EDITABLE),
    "segments.StageRun": About(
        none="id organization why asked_at after total seen moved finished_at changed_below followed_at next_at"
    ),
    # The keyed hash stays: it is how somebody who left is not written to again.
    "segments.Suppression": About(
        tenant="reason source", none="id organization channel address_hash purpose at"
    ),
    "segments.Customer": About(
        personal="name first_name email email_lower phone locale time_zone company roles unit attributes stage"
        " stage_since stage_told last_score last_category previous_score previous_category last_responded_at"
        " last_channel last_touchpoint answer_count unprofiled_at",
        tenant="source",
        none=f"{_EDITABLE} mode last_response_id changed created_at recorded_at updated_at",
        person="id",
        delete=True,
    ),
}
