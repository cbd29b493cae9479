"""The hours of work of each jurisdiction: its own clock and days, and the hours that are set."""

from datetime import time

from app.registry.pathways.catalogue import catalogue
from app.registry.readings.rules import Hours


class Places:
    def __init__(self, hours: str) -> None:
        self.opens, self.closes = map(time.fromisoformat, hours.split("-"))
        self.known: dict[str, Hours] = {}

    def hours(self, jurisdiction: str) -> Hours:
        if jurisdiction not in self.known:
            place = catalogue().current_jurisdiction(jurisdiction)
            days, off = place.working_days, place.holidays.keys()
            self.known[jurisdiction] = Hours(place.zone, self.opens, self.closes, days, off)
        return self.known[jurisdiction]
