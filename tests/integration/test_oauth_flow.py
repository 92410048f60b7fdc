"""Signing in: what the browser is told, what it may bring back, and what it is given for it."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tenuto.domain.errors import InputError, LoginError
from tenuto.mail.oauth_flow import SignIn
from tenuto.mail.oauth_listener import listening
from tests.oauth_server import ANNA, OAuthServer


async def test_a_browser_brings_the_code_and_that_the_tokens(oauth_server: OAuthServer) -> None:
    async with listening() as listener:
        sign_in = SignIn.begun(oauth_server.client(), listener.port)
        arrived = listener.expect(sign_in.code)
        async with httpx.AsyncClient(follow_redirects=True) as browser:
            page = await browser.get(sign_in.url)
        assert "Signed in" in page.text
        grant = await sign_in.redeem(await arrived)
    assert oauth_server.allows(ANNA, grant.access_token)
    assert grant.refresh_token in oauth_server.refresh_tokens
    shown = f"{sign_in!r} {page.text}"
    assert not any(secret in shown for secret in oauth_server.secrets)
    assert sign_in._verifier not in shown
    assert sign_in._verifier not in sign_in.url


async def led_to(sign_in: SignIn) -> str:
    """Where the browser would go."""
    async with httpx.AsyncClient() as browser:
        return (await browser.get(sign_in.url)).headers["Location"]


async def test_the_address_that_one_was_led_to_can_be_pasted(oauth_server: OAuthServer) -> None:
    sign_in = SignIn.begun(oauth_server.client(), 1)
    address = await led_to(sign_in)
    grant = await sign_in.redeem(sign_in.code(f"  {address}\n"))
    assert oauth_server.allows(ANNA, grant.access_token)


async def test_the_code_is_worth_nothing_without_its_verifier(oauth_server: OAuthServer) -> None:
    sign_in, other = (SignIn.begun(oauth_server.client(), 1) for _ in range(2))
    code = sign_in.code(await led_to(sign_in))
    with pytest.raises(LoginError):
        await other.redeem(code)


async def test_another_sign_ins_answer_is_not_taken(oauth_server: OAuthServer) -> None:
    sign_in, other = (SignIn.begun(oauth_server.client(), 1) for _ in range(2))
    address = await led_to(other)
    state = parse_qs(urlsplit(sign_in.url).query)["state"][0]
    for wrong in (address, "", "x", "http://[", f"/?state={state}&state=x&code=c", "/?code=c"):
        with pytest.raises(InputError, match="begin anew"):
            sign_in.code(wrong)


async def test_whatever_else_knocks_changes_nothing(oauth_server: OAuthServer) -> None:
    async with listening() as listener:
        sign_in = SignIn.begun(oauth_server.client(), listener.port)
        arrived = listener.expect(sign_in.code)
        base = f"http://127.0.0.1:{listener.port}"
        address = await led_to(sign_in)
        async with httpx.AsyncClient() as browser:
            for path in ("/favicon.ico", "/?code=c&state=guess", "/?error=x"):
                assert (await browser.get(base + path)).status_code == 400
            assert (await browser.post(address)).status_code == 400
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(b"x" * 20_000)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert not arrived.done()
            assert (await browser.get(address)).status_code == 200
            assert (await browser.get(address)).status_code == 400
        await sign_in.redeem(await arrived)


async def test_a_no_is_said_as_such(oauth_server: OAuthServer) -> None:
    oauth_server.denies = "access_denied"
    async with listening() as listener:
        sign_in = SignIn.begun(oauth_server.client(), listener.port)
        arrived = listener.expect(sign_in.code)
        async with httpx.AsyncClient(follow_redirects=True) as browser:
            assert "not granted" in (await browser.get(sign_in.url)).text
        with pytest.raises(LoginError, match="access_denied"):
            await arrived


async def test_it_listens_on_this_machine_only() -> None:
    async with listening() as listener:
        for address in ("127.0.0.2", "::1"):
            with pytest.raises(OSError, match="onnect"):
                await asyncio.open_connection(address, listener.port)


def test_what_is_sent_along_is_never_twice_the_same(oauth_server: OAuthServer) -> None:
    asked = [parse_qs(urlsplit(SignIn.begun(oauth_server.client(), 1).url).query) for _ in range(2)]
    for name in ("state", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43
