"""Half an hour of work with two real servers, random faults and random deeds, watched for whatever is left behind."""
