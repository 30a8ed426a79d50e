// So that there is a target whose precompiled header the tests can use.
