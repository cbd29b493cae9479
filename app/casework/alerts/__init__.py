"""Alerts: a fixed text that crosses the wall without content, to be acknowledged in time."""
