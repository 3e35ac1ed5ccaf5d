"""Who hears of what: rules, channels, and an outbox that is fed by the sealed audit log."""
