"""What a resident does in Matrix, as the clients that people use do it.

Each function in DEEDS is a command: it takes the account and the fields of the order.
"""

from urllib.parse import quote
from uuid import uuid4

from account import Account
from crosssigning import device_is_signed
from nio.crypto import attachments

V3 = "/_matrix/client/v3"
ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}
# A picture of one pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccff0"
    "bf1e000584027f0bd1fb240000000049454e44ae426082"
)


def room_path(room: str, *parts: str) -> str:
    """Returns the path of something in a room."""
    return "/".join([V3, "rooms", *(quote(part, safe="") for part in (room, *parts))])


# --- Rooms ---


async def create_room(
    me: Account, invite: list[str], encrypted: bool, direct: bool, more: dict | None = None
) -> dict:
    """Makes a room for two or for a group; more goes into the request as it is."""
    body = {
        "preset": "trusted_private_chat" if direct else "private_chat",
        "is_direct": direct,
        "invite": invite,
        "initial_state": [ENCRYPTION] if encrypted else [],
        **(more or {}),
    }
    room = (await me.call("POST", f"{V3}/createRoom", body))["room_id"]
    if direct:
        await _note_direct(me, room, invite)
    rooms = me.client.rooms
    # A client without encryption never learns that a room is encrypted.
    wanted = encrypted and bool(me.client.olm)
    await me.until("the new room", lambda: room in rooms and (rooms[room].encrypted or not wanted))
    return {"room_id": room}


async def _note_direct(me: Account, room: str, invite: list[str]) -> None:
    rooms = {user: [room] for user in invite}
    await me.call("PUT", f"{V3}/user/{quote(me.user)}/account_data/m.direct", rooms)


async def join(me: Account, room: str) -> dict:
    """Takes an invitation, and waits until the client knows the room."""
    await me.call("POST", f"{V3}/join/{quote(room, safe='')}", {})
    await me.until(f"to be in {room}", lambda: room in me.client.rooms)
    return {}


async def leave(me: Account, room: str) -> dict:
    """Leaves a room, or declines an invitation."""
    return await me.call("POST", room_path(room, "leave"), {})


async def invite(me: Account, room: str, user: str) -> dict:
    """Invites somebody to a room."""
    return await me.call("POST", room_path(room, "invite"), {"user_id": user})


async def kick(me: Account, room: str, user: str) -> dict:
    """Removes somebody from a room."""
    return await me.call("POST", room_path(room, "kick"), {"user_id": user})


async def ban(me: Account, room: str, user: str) -> dict:
    """Removes somebody from a room for good."""
    return await me.call("POST", room_path(room, "ban"), {"user_id": user})


async def upgrade_room(me: Account, room: str, version: str) -> dict:
    """Replaces a room by one of another version; the old one gets a tombstone."""
    answer = await me.call("POST", room_path(room, "upgrade"), {"new_version": version})
    return {"room_id": answer["replacement_room"]}


async def read_state(
    me: Account,
    room: str,
    type: str,  # noqa: A002 - Matrix' name for it
    state_key: str = "",
) -> dict:
    """Returns the content of a state event."""
    return await me.call("GET", room_path(room, "state", type, state_key))


# --- Messages ---


async def send_text(
    me: Account,
    room: str,
    body: str,
    formatted: str | None = None,
    thread: str | None = None,
    reply_to: str | None = None,
    mentions: list[str] | None = None,
) -> dict:
    """Writes a message; body isn't limited, the homeserver takes about 60 kB."""
    content = {"msgtype": "m.text", "body": body}
    if formatted is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": formatted}
    content["m.mentions"] = {"user_ids": mentions} if mentions else {}
    if thread:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": reply_to is None,
            "m.in_reply_to": {"event_id": reply_to or thread},
        }
    elif reply_to:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
    return await me.send(room, "m.room.message", content)


async def edit(me: Account, room: str, event_id: str, body: str) -> dict:
    """Changes a message of one's own."""
    content = {
        "msgtype": "m.text",
        "body": f"* {body}",
        "m.mentions": {},
        "m.new_content": {"msgtype": "m.text", "body": body, "m.mentions": {}},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
    return await me.send(room, "m.room.message", content)


async def react(me: Account, room: str, event_id: str, key: str) -> dict:
    """Reacts to a message, which is never encrypted."""
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
    return await me.send(room, "m.reaction", {"m.relates_to": relation})


async def vote(me: Account, room: str, poll: str, answers: list[str], stable: bool) -> dict:
    """Votes in a poll, by the names that clients use today or by those of the specification."""
    content = {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}}
    if stable:
        return await me.send(room, "m.poll.response", content | {"m.selections": answers})
    kind = "org.matrix.msc3381.poll.response"
    return await me.send(room, kind, content | {kind: {"answers": answers}})


async def redact(me: Account, room: str, event_id: str, reason: str | None = None) -> dict:
    """Removes a message."""
    body = {"reason": reason} if reason else {}
    return await me.call("PUT", room_path(room, "redact", event_id, str(uuid4())), body)


async def send_raw(
    me: Account,
    room: str,
    type: str,  # noqa: A002 - Matrix' name for it
    content: dict,
    plain: bool,
    txn: str | None = None,
) -> dict:
    """Sends any event, encrypted if the room is, unless it shall go plain."""
    if plain:
        return await me.send_plain(room, type, content, txn)
    return await me.send(room, type, content, txn)


async def send_media(me: Account, room: str, msgtype: str) -> dict:
    """Sends a file, encrypted if the room is."""
    content = {"msgtype": msgtype, "body": "kuva.png", "info": {"mimetype": "image/png"}}
    if me.client.olm and me.client.rooms[room].encrypted:
        data, keys = attachments.encrypt_attachment(PICTURE)
        content["file"] = keys | {"url": await _upload(me, data, "application/octet-stream")}
    else:
        content["url"] = await _upload(me, PICTURE, "image/png")
    return await me.send(room, "m.room.message", content)


async def _upload(me: Account, data: bytes, kind: str) -> str:
    headers = {"Authorization": f"Bearer {me.client.access_token}", "Content-Type": kind}
    response = await me.client.send("POST", "/_matrix/media/v3/upload", data, headers)
    response.raise_for_status()
    return (await response.json())["content_uri"]


async def send_location(me: Account, room: str, geo_uri: str) -> dict:
    """Sends a place."""
    content = {"msgtype": "m.location", "body": f"Location {geo_uri}", "geo_uri": geo_uri}
    return await me.send(room, "m.room.message", content)


# --- Other signs of life ---


async def typing(me: Account, room: str, on: bool) -> dict:
    """Begins or ends typing."""
    body = {"typing": on, "timeout": 30_000} if on else {"typing": False}
    return await me.call("PUT", room_path(room, "typing", me.user), body)


async def read_up_to(me: Account, room: str, event_id: str) -> dict:
    """Tells that a message was read."""
    return await me.call("POST", room_path(room, "receipt", "m.read", event_id), {})


async def set_displayname(me: Account, displayname: str) -> dict:
    """Changes one's name."""
    path = f"{V3}/profile/{quote(me.user)}/displayname"
    return await me.call("PUT", path, {"displayname": displayname})


async def whoami(me: Account) -> dict:
    """Asks the homeserver who is logged in."""
    return await me.call("GET", f"{V3}/account/whoami")


async def raw_call(me: Account, method: str, path: str, body: dict | None = None) -> dict:
    """Makes any request."""
    return await me.call(method, path, body)


# --- The client itself ---


async def set_strict(me: Account, on: bool) -> dict:
    """Keeps keys from unsigned devices from the next message on."""
    me.strict = on
    return {}


async def stop_syncing(me: Account) -> dict:
    """Looks away, as a phone that is switched off."""
    await me.stop_syncing()
    return {}


async def start_syncing(me: Account) -> dict:
    """Looks again."""
    me.start_syncing()
    return {}


async def hold_keys(me: Account, on: bool) -> dict:
    """Holds back the keys of messages from the next one on, or sends those held back."""
    if on:
        me.hold_keys()
    else:
        await me.release_keys()
    return {}


async def cross_sign(me: Account, password: str) -> dict:
    """Publishes cross-signing keys, and signs this device with them."""
    return await me.cross_sign(password)


async def knows_devices(me: Account, user: str) -> dict:
    """Tells the devices of a user, and whether their owner signed them."""
    answer = await me.query_keys([user])
    devices = answer.get("device_keys", {}).get(user, {})
    return {name: device_is_signed(answer, user, name) for name in devices}


DEEDS = {
    deed.__name__: deed
    for deed in (
        create_room, join, leave, invite, kick, ban, upgrade_room, read_state, send_text, edit,
        react, vote, redact, send_raw, send_media, send_location, typing, read_up_to,
        set_displayname, whoami, raw_call, set_strict, hold_keys, stop_syncing, start_syncing,
        cross_sign, knows_devices,
    )
}  # fmt: skip
