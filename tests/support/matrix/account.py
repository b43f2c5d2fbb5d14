"""One resident's client: logged in, syncing all the time, telling what it sees."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from urllib.parse import quote
from uuid import uuid4

import crosssigning
import nio

SYNC_MS = 30_000
PATIENCE_S = 25
# As many as Synapse gives, so that a burst of messages leaves no gap.
FILTER = {"room": {"timeline": {"limit": 100}}}


class Refused(Exception):  # noqa: N818 - it is an answer
    """The homeserver said no."""

    def __init__(self, answer: dict) -> None:
        """Takes the homeserver's answer: errcode, error, perhaps retry_after_ms and soft_logout."""
        super().__init__(answer.get("error"))
        self.answer = answer

    @classmethod
    def by(cls, response: nio.ErrorResponse) -> "Refused":
        """Takes the client library's form of it."""
        answer = {"errcode": response.status_code, "error": response.message}
        if response.retry_after_ms is not None:
            answer["retry_after_ms"] = response.retry_after_ms
        if response.soft_logout:
            answer["soft_logout"] = True
        return cls(answer)


def agreed(response: nio.Response) -> nio.Response:
    """Returns a response that isn't a refusal."""
    if isinstance(response, nio.ErrorResponse):
        raise Refused.by(response)
    return response


class Account:
    """A resident's client on one device."""

    def __init__(
        self,
        server: str,
        user: str,
        identities: dict[str, crosssigning.Identity],
        emit: Callable[[dict], None],
    ) -> None:
        """Takes the homeserver's address, the full user id, and all users' cross-signing keys.

        emit gets what the client sees.
        """
        self.server = server
        self.user = user
        self.emit = emit
        self.strict = False
        self.identities = identities
        self.client: nio.AsyncClient | None = None
        self._syncing: asyncio.Task | None = None
        self._synced = asyncio.Condition()
        self._unread: list[nio.MegolmEvent] = []
        self._withheld: set[tuple[str, str, str]] = set()
        self._held: list[tuple[str, str, str]] | None = None

    # --- Coming and going ---

    async def login(
        self,
        device_id: str,
        store: str,
        password: str | None = None,
        token: str | None = None,
        encryption: bool = True,
    ) -> dict:
        """Logs in by password or with a token of the device, publishes its keys, and syncs."""
        await self.close()
        config = nio.AsyncClientConfig(
            encryption_enabled=encryption,
            max_limit_exceeded=0,
            max_timeout_retry_wait_time=0.2,
        )
        self.client = nio.AsyncClient(self.server, self.user, device_id, store, config)
        self._listen_for_keys(self.client)
        if token:
            self.client.restore_login(self.user, device_id, token)
        else:
            agreed(await self.client.login(password, device_name="resident"))
        self._look(agreed(await self.client.sync(timeout=0, sync_filter=FILTER)))
        await self._keep_keys()
        self.start_syncing()
        return {"user_id": self.client.user_id, "device_id": self.client.device_id}

    def start_syncing(self) -> None:
        """Looks for new events from now on."""
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.create_task(self._sync_on())

    async def stop_syncing(self) -> None:
        """Looks away, as a phone that is switched off."""
        if self._syncing:
            self._syncing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._syncing

    async def close(self) -> None:
        """Ends the client; the device stays logged in."""
        await self.stop_syncing()
        if self.client:
            await self.client.close()

    # --- Seeing ---

    async def until(self, what: str, so: Callable[[], bool]) -> None:
        """Waits until a sync made something so."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._synced:
                await self._synced.wait_for(so)
        except TimeoutError as error:
            raise TimeoutError(f"{self.user} waited in vain: {what}") from error

    async def _sync_on(self) -> None:
        while True:
            try:
                response = await self.client.sync(timeout=SYNC_MS, sync_filter=FILTER)
                if isinstance(response, nio.ErrorResponse):
                    self.emit({"kind": "sync_refused", "content": Refused.by(response).answer})
                    if response.status_code == "M_UNKNOWN_TOKEN":
                        return
                    await asyncio.sleep(0.2)
                    continue
                await self._refuse_strangers(response)
                self._look(response)
                await self._keep_keys()
                self._read_late()
            except Exception as error:  # noqa: BLE001 - a resident goes on whatever came
                self.emit({"kind": "sync_failed", "content": {"error": repr(error)}})
                await asyncio.sleep(0.2)
            async with self._synced:
                self._synced.notify_all()

    async def _keep_keys(self) -> None:
        """Does what the library's own endless loop does after each sync."""
        client = self.client
        if not client.olm:
            return
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())
        await client.send_to_device_messages()

    def _look(self, response: nio.SyncResponse) -> None:
        for room, info in response.rooms.invite.items():
            state = [getattr(event, "source", {}) for event in info.invite_state]
            self.emit({"kind": "invite", "room": room, "content": {"state": state}})
        for room, info in (*response.rooms.join.items(), *response.rooms.leave.items()):
            for event in info.state:
                self.emit(told(room, event) | {"kind": "state"})
            for event in info.timeline.events:
                self._tell(room, event)
            for event in getattr(info, "ephemeral", []):
                self.emit({"room": room} | ephemeral(event))

    def _tell(self, room: str, event: nio.Event) -> None:
        if isinstance(event, nio.MegolmEvent):
            event.room_id = room
            self._unread.append(event)
        self.emit(told(room, event))

    def _read_late(self) -> None:
        """Tries again what had come before its key."""
        for event in self._unread[:]:
            with contextlib.suppress(nio.EncryptionError):
                read = self.client.decrypt_event(event)
                self._unread.remove(event)
                self.emit(told(event.room_id, read) | {"late": True})

    # --- Encryption ---

    async def call(self, method: str, path: str, body: dict | None = None) -> dict:
        """Makes a plain request; path begins with /_matrix."""
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        data = None if body is None else json.dumps(body)
        response = await self.client.send(method, path, data, headers)
        answer = await response.json()
        if not response.ok:
            raise Refused(answer | {"status": response.status})
        return answer

    async def send(self, room: str, kind: str, content: dict, txn: str | None = None) -> dict:
        """Sends an event, encrypted if the room is; returns its id."""
        await self.until(f"to be in {room}", lambda: room in self.client.rooms)
        if self.client.olm and self.client.rooms[room].encrypted:
            await self._know_devices(room)
        response = await self.client.room_send(
            room, kind, content, tx_id=txn, ignore_unverified_devices=True
        )
        agreed(response)
        if self.strict:
            await self._tell_withheld(room)
        return {"event_id": response.event_id}

    async def send_plain(self, room: str, kind: str, content: dict, txn: str | None) -> dict:
        """Sends an event as it is, even into an encrypted room."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/{quote(kind)}/{txn or uuid4()}"
        return await self.call("PUT", path, content)

    async def cross_sign(self, password: str) -> dict:
        """Signs this device with the user's cross-signing keys, which are made when missing."""
        if self.user not in self.identities:
            identity = crosssigning.Identity(self.user)
            await self._publish(identity, password)
            self.identities[self.user] = identity
        device = (await self.query_keys([self.user]))["device_keys"][self.user]
        signature = self.identities[self.user].sign_device(device[self.client.device_id])
        return await self.call("POST", "/_matrix/client/v3/keys/signatures/upload", signature)

    async def _publish(self, identity: crosssigning.Identity, password: str) -> None:
        path = "/_matrix/client/v3/keys/device_signing/upload"
        try:
            await self.call("POST", path, identity.upload())
        except Refused as refused:
            if "session" not in refused.answer:
                raise
            identifier = {"type": "m.id.user", "user": self.user}
            auth = {"type": "m.login.password", "identifier": identifier, "password": password}
            auth["session"] = refused.answer["session"]
            await self.call("POST", path, identity.upload() | {"auth": auth})

    def _listen_for_keys(self, client: nio.AsyncClient) -> None:
        """Makes it possible to hold back the keys that the client sends to others."""
        send = client.send

        async def held(
            method: str, path: str, data: str | None = None, *more: object, **named: object
        ) -> object:
            if self._held is not None and "/sendToDevice/m.room.encrypted/" in path:
                self._held.append((method, path.split("?")[0], data))
                data = json.dumps({"messages": {}})
            return await send(method, path, data, *more, **named)

        client.send = held

    def hold_keys(self) -> None:
        """Sends no keys from now on, as a network that loses them."""
        self._held = []

    async def release_keys(self) -> None:
        """Sends the keys that were held back."""
        held, self._held = self._held or [], None
        for method, path, data in held:
            await self.call(method, f"{path}-late", json.loads(data))

    async def query_keys(self, users: list[str]) -> dict:
        """Asks for the published keys of users."""
        asked = {"device_keys": {user: [] for user in users}}
        return await self.call("POST", "/_matrix/client/v3/keys/query", asked)

    async def _know_devices(self, room: str) -> None:
        users = set(self.client.rooms[room].users)
        known = set(self.client.device_store.users)
        self.client.users_for_key_query.update(users - known)
        if self.client.should_query_keys:
            agreed(await self.client.keys_query())
        if self.strict:
            await self._judge_devices(users - {self.user})

    async def _judge_devices(self, users: set[str]) -> None:
        """Keeps room keys from devices that their users didn't sign, as MSC4153 asks."""
        answer = await self.query_keys(sorted(users))
        for user in users:
            for device in list(self.client.device_store.active_user_devices(user)):
                signed = crosssigning.device_is_signed(answer, user, device.id)
                refused = self.client.olm.is_device_blacklisted(device)
                if signed and refused:
                    self.client.unblacklist_device(device)
                elif not signed and not refused:
                    self.client.blacklist_device(device)

    async def _tell_withheld(self, room: str) -> None:
        session = self.client.olm.outbound_group_sessions.get(room) if self.client.olm else None
        if not session:
            return
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "code": "m.unverified",
            "reason": "The device isn't signed by its owner",
            "room_id": room,
            "sender_key": self.client.olm.account.identity_keys["curve25519"],
            "session_id": session.id,
        }
        for user in set(self.client.rooms[room].users) - {self.user}:
            for device in self.client.device_store.active_user_devices(user):
                told_before = (session.id, user, device.id)
                if self.client.olm.is_device_blacklisted(device) and (
                    told_before not in self._withheld
                ):
                    self._withheld.add(told_before)
                    message = nio.ToDeviceMessage("m.room_key.withheld", user, device.id, content)
                    await self.client.to_device(message)

    async def _refuse_strangers(self, response: nio.SyncResponse) -> None:
        """Marks what came from devices that their users didn't sign: a strict client hides it."""
        if not self.strict:
            return
        events = [e for info in response.rooms.join.values() for e in info.timeline.events]
        read = [e for e in events if getattr(e, "decrypted", False) and e.sender != self.user]
        if not read:
            return
        answer = await self.query_keys(sorted({event.sender for event in read}))
        for event in read:
            event.source["refused"] = not any(
                crosssigning.device_is_signed(answer, event.sender, name)
                for name, device in answer["device_keys"].get(event.sender, {}).items()
                if device["keys"].get(f"curve25519:{name}") == event.sender_key
            )


def told(room: str, event: nio.Event) -> dict:
    """Returns how an event is told: as the homeserver has it, decrypted if possible."""
    source = getattr(event, "source", {})
    undecryptable = isinstance(event, nio.MegolmEvent)
    decrypted = bool(getattr(event, "decrypted", False))
    seen = {
        "kind": "undecryptable" if undecryptable else "event",
        "room": room,
        "encrypted": decrypted or undecryptable,
        "decrypted": decrypted,
    }
    for key in ("event_id", "sender", "type", "state_key", "origin_server_ts", "refused"):
        if key in source:
            seen[key] = source[key]
    seen["content"] = source.get("content", {})
    seen["unsigned"] = source.get("unsigned", {})
    redacts = source.get("redacts") or seen["content"].get("redacts")
    if redacts:
        seen["redacts"] = redacts
    return seen


def ephemeral(event: object) -> dict:
    """Returns how typing and read receipts are told."""
    if isinstance(event, nio.TypingNoticeEvent):
        return {"kind": "typing", "content": {"users": event.users}}
    if isinstance(event, nio.ReceiptEvent):
        receipts = [
            {"event_id": r.event_id, "type": r.receipt_type, "user": r.user_id}
            for r in event.receipts
        ]
        return {"kind": "receipts", "content": {"receipts": receipts}}
    return {"kind": "ephemeral", "content": {}}
