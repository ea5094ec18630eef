"""What messages say: Slack blocks and e-mails; asks nobody and sends nothing."""
