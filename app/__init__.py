"""Casework: case management for people returned from conflict zones.

Imports only go down this list:

    cli           operators' commands
    main          builds the application
    insight       reads across cases, changes nothing
    casework      one package per kind of record on a case
    registry      people, households, operations, cases, pathways, staff
    safeguards    who may, what was done, what is kept secret, what was promised
    core          knows no returnee
"""
