-- The classes of fare that people's rights name on a day, a bit each, with the card each one held. In the order given.
SELECT array_agg(coalesce((
    SELECT bit_or(1 << (array_position(%(class_rights)s::text[], g.entitlement) - 1))
    FROM pub.rights g
    WHERE g.member_id = ANY (ARRAY[a.member_id]) AND g.entitlement = ANY (%(class_rights)s::text[]) AND g.valid @> a.day
      AND (NOT (%(class_one_card)s::boolean[])[array_position(%(class_rights)s::text[], g.entitlement)] OR EXISTS (
          SELECT FROM pub.right_cards t WHERE t.card_id = a.card_id AND t.member_id = g.member_id
             AND t.entitlement = g.entitlement AND t.bound @> a.at))), 0) ORDER BY a.n) AS bits
FROM unnest(%(members)s::bigint[], %(cards)s::bigint[], %(days)s::date[], %(ats)s::timestamptz[])
     WITH ORDINALITY AS a(member_id, card_id, day, at, n)
