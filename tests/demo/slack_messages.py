"""A message with buttons, and a form."""

from typing import Any

CONFIRM = {
    name: {"type": "plain_text", "text": text}
    for name, text in {
        "title": "Halt Orders?",
        "text": "All stops.",
        "confirm": "Halt now",
        "deny": "No",
    }.items()
}
BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Approval asked"}},
    {
        "type": "actions",
        "block_id": "decide:orders:1:1",
        "elements": [
            {
                "type": "button",
                "action_id": "rollout.approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "rollout=orders;stage=1",
            },
            {
                "type": "button",
                "action_id": "rollout.halt",
                "style": "danger",
                "text": {"type": "plain_text", "text": "Halt"},
                "confirm": CONFIRM,
            },
            {
                "type": "static_select",
                "action_id": "rollout.pick",
                "options": [
                    {"text": {"type": "plain_text", "text": "One hour"}, "value": "60"},
                    {"text": {"type": "plain_text", "text": "One day"}, "value": "1440"},
                ],
            },
        ],
    },
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "rollout.reject",
    "private_metadata": "orders",
    "title": {"type": "plain_text", "text": "Reject"},
    "submit": {"type": "plain_text", "text": "Reject"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "words", "multiline": True},
        }
    ],
}
