"""What leaves and comes as FHIR, judged by a published model of R4B, in which these resources are
those of R4 but for what nobody uses here."""
