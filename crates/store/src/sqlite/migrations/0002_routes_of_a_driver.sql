-- A route's parent is its driver: what a driver drives is asked for with every change of a route and every late position.
UPDATE r_route SET parent = json_extract(body, '$.driverId');
CREATE INDEX route_parent ON r_route (parent, date);
