-- One tap in one statement, as plain as PostgreSQL can do it on the city's own tables: the reader, the card by its
-- number, whose it is, their right, the reader's campaign, the person's share, the lot, the transfer, the reader's
-- taken numbers, and the tap. In favour of this side the budget is read and not taken from (its one row would make
-- all clients queue for one another's commits), and the journal's event and the batch's row are left out.
\set person random(0, :cards - 1)
\set seq :seq + 1
\set reader :first_reader + :client_id
WITH reader AS (
    SELECT d.id, d.agency, d.place, d.service FROM agencies_device d
    WHERE d.id = :reader::bigint AND d.state = 'active' AND d.epoch >= 1
), card AS (
    SELECT c.id, n.number FROM cards_card_number n JOIN cards_card c ON c.id = n.card_id
    WHERE n.issuer = 'easycard' AND n.number_kind = 'printed' AND n.number = (:first_number::bigint + :person::bigint)::text
      AND c.state = 'active' AND c.state_at <= now() AND c.expires_on IS NULL
), holder AS (
    SELECT b.id AS binding_id, b.card_id, b.member_id, r.id AS right_id
    FROM card JOIN cards_binding b ON b.card_id = card.id AND upper_inf(b.recorded) AND b.bound @> now()
    JOIN entitlements_right r ON r.member_id = b.member_id AND upper_inf(r.recorded)
     AND r.entitlement = 'points' AND r.valid @> (now() AT TIME ZONE 'Asia/Taipei')::date
), campaign AS (
    SELECT c.id, c.fund_id, c.unit, c.points_per_tap AS points, c.per_person_cap
    FROM activities_campaign_device d JOIN activities_campaign c ON c.id = d.campaign_id
    WHERE d.device_id = :reader::bigint AND c.state = 'open' AND now() >= c.starts_at AND now() < c.ends_at
), marked AS (
    UPDATE taps_reader_epoch e
    SET accepted = e.accepted + int8multirange(int8range(:seq::bigint, :seq::bigint, '[]')), last_at = now(),
        last_received_at = now()
    WHERE e.reader_id = :reader::bigint AND e.epoch = 1 AND NOT e.accepted @> :seq::bigint
    RETURNING e.reader_id
), share AS (
    INSERT INTO activities_participation AS p (campaign_id, member_id, taps, points, cap, first_at, last_at)
    SELECT campaign.id, holder.member_id, 1, campaign.points, campaign.per_person_cap, now(), now()
    FROM campaign, holder, marked
    ON CONFLICT (campaign_id, member_id) DO UPDATE
    SET taps = p.taps + 1, points = p.points + excluded.points, last_at = now()
    WHERE p.points + excluded.points <= p.cap
    RETURNING p.campaign_id, p.member_id
), budget AS (
    SELECT a.id AS account_id FROM campaign
    JOIN ledger_account a ON a.holder = 0 AND a.fund = campaign.fund_id AND a.class = 'budget'
    JOIN ledger_budget_slice b ON b.fund = campaign.fund_id AND b.slice = 0 AND b.amount >= campaign.points
), lot AS (
    SELECT a.id FROM ledger_account a, share, campaign
    WHERE a.holder = share.member_id AND a.unit = campaign.unit AND a.class = 'member'
      AND a.expires_on = :expires_on::date AND a.fund = campaign.fund_id AND a.code = ''
), opened AS (
    INSERT INTO ledger_account (id, holder, fund, expires_on, class, unit, code)
    SELECT nextval('ledger_holder_account_id'), share.member_id, campaign.fund_id, :expires_on::date, 'member',
           campaign.unit, ''
    FROM share, campaign WHERE NOT EXISTS (SELECT FROM lot)
    ON CONFLICT (holder, unit, class, expires_on, fund, code) DO UPDATE SET code = excluded.code
    RETURNING id
), target AS (
    SELECT id FROM lot UNION ALL SELECT id FROM opened
), credited AS (
    INSERT INTO ledger_balance AS b (account_id, amount) SELECT target.id, campaign.points FROM target, campaign
    ON CONFLICT (account_id) DO UPDATE SET amount = b.amount + excluded.amount
), posted AS (
    INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account, to_account,
                                 amount, kind, ref, actor)
    SELECT :month::date, 0, overlay(md5(:reader::text || ':' || :seq::text) placing
               lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') from 1)::uuid,
           md5(:reader::text || ':' || :seq::text || ':' || :person::text)::uuid, now(), now(), budget.account_id, target.id,
           campaign.points, 'campaign.award', 'campaign:' || campaign.id, 'system'
    FROM budget, target, campaign
    RETURNING amount
)
INSERT INTO taps_tap (local_month, at, reader_id, seq, batch_id, card_id, member_id, binding_id, right_id,
                      campaign_id, epoch, points, code, late, content_hash, sort_id, number_tail, site_id)
SELECT :month::date, now(), :reader::bigint, :seq::bigint, 0, card.id, holder.member_id, holder.binding_id,
       holder.right_id, campaign.id, 1, posted.amount, 2, false,
       hashtextextended(:reader::text || ':' || :seq::text || ':' || :person::text, 0), s.id,
       right(card.number, 4), t.id
FROM reader, card, holder, campaign, posted, taps_site t, taps_number_sort s
WHERE t.service = reader.service AND t.agency = reader.agency AND t.place = reader.place
  AND s.issuer = 'easycard' AND s.number_kind = 'printed';
