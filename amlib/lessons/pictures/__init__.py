"""Pictures of ideas, a module per lesson: `school.picture("scale")` of 05_nps draws `nps.scale`."""
