-- What stands on accounts, by the same equation over the same tables as ours, for one tenant; :tenant is put in.
CREATE SCHEMA peer;
CREATE TYPE peer.money AS (amount text, minor_units bigint, currency text);
CREATE FUNCTION peer.money_of(minor bigint, exponent smallint, currency text) RETURNS peer.money
LANGUAGE sql IMMUTABLE AS $$
    SELECT row(trim_scale(minor::numeric)::text, minor, currency)::peer.money WHERE exponent = 0
    UNION ALL
    SELECT row(round(minor::numeric / power(10::numeric, exponent), exponent)::text, minor, currency)::peer.money
    WHERE exponent > 0
$$;
CREATE VIEW peer.funds AS
    SELECT a.id, a.name, a.exponent, a.currency, b.version, h.sequence, n.at AS as_of,
        b.ledger AS ledger_minor, b.maturing - m.matured AS maturing_minor, b.held - l.lapsed AS held_minor
    FROM heads h
    CROSS JOIN LATERAL (
        SELECT greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, h.recorded_at) AS at
    ) n
    JOIN accounts a ON a.tenant_id = h.tenant_id
    JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.amount), 0)::bigint AS matured FROM buckets k
        WHERE k.tenant_id = a.tenant_id AND k.account_id = a.id
        AND k.available_at > b.maturing_at AND k.available_at <= n.at
    ) m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(o.amount - o.captured - o.released), 0)::bigint AS lapsed FROM holds o
        WHERE o.tenant_id = a.tenant_id AND o.account_id = a.id AND o.status = 'ACTIVE' AND o.expires_at <= n.at
    ) l
    WHERE h.tenant_id = ':tenant';
CREATE TYPE peer.standing AS (
    account_id uuid, name text, ledger peer.money, maturing peer.money, held peer.money, available peer.money,
    as_of bigint, sequence bigint, version bigint
);
CREATE FUNCTION peer.available_funds(accounts uuid[]) RETURNS SETOF peer.standing
LANGUAGE sql STABLE AS $$
    SELECT f.id, f.name, peer.money_of(f.ledger_minor, f.exponent, f.currency),
        peer.money_of(f.maturing_minor, f.exponent, f.currency), peer.money_of(f.held_minor, f.exponent, f.currency),
        peer.money_of(f.ledger_minor - f.maturing_minor - f.held_minor, f.exponent, f.currency),
        f.as_of, f.sequence, f.version
    FROM unnest(accounts) WITH ORDINALITY w(id, place) JOIN peer.funds f ON f.id = w.id ORDER BY w.place
$$;
