"""The stages of the work: functions from records and files to records and files."""
