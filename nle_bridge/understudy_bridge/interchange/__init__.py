"""Timelines as files: OpenTimelineIO, EDL, FCP7 XML, AAF, FCPXML, to and from the bridge's own records."""
