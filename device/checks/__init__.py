"""What `safu doctor` looks at: one file a part. Nothing is switched, learned or changed."""
