"""Switches: the variables that the release needs are there, and are what they have to be."""

from harness import checks, probe


@probe
async def switches(switches_source):
    """The release's variables, from where the environment says."""
    return await switches_source()


@checks("predeploy.switches")
def test_no_switch_is_missing(switches):
    assert switches.missing == [], "; ".join(switches.missing)


@checks("predeploy.switches")
def test_switches_are_well_formed(switches):
    assert switches.malformed == [], "; ".join(switches.malformed)


@checks("predeploy.switches")
def test_no_switch_is_a_placeholder(switches):
    assert switches.placeholders == [], "; ".join(switches.placeholders)


@checks("predeploy.switches")
def test_flags_are_those_of_a_release(switches):
    assert switches.unfit == [], "; ".join(switches.unfit)


@checks("predeploy.switches")
def test_backend_address_names_the_prefix_once(switches):
    assert switches.doubled == [], "; ".join(switches.doubled)


@checks("predeploy.switches")
def test_backend_address_is_that_of_the_target(switches):
    assert switches.elsewhere == []


@checks("predeploy.switches")
def test_client_holds_no_secret(switches):
    assert switches.given_away == [], "; ".join(switches.given_away)
