"""Objects in S3, or in a service that speaks its protocol: for stores and for predictions alike."""
