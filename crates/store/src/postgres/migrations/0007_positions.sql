-- Drivers by number, counted up from 0: so they stand with each of their fixes.
CREATE TABLE fix_driver (
    no INTEGER PRIMARY KEY,
    lab_id TEXT NOT NULL,
    driver_id TEXT NOT NULL,
    UNIQUE (driver_id, lab_id)
);

-- Where drivers were, a partition a day of the fixes' own times (UTC), so that a driver's history asks few and a fix that came to two
-- programs is one. Steps: at in milliseconds, received_at in seconds, places 10^-7 degrees, speed 0.01 km/h, accuracy 0.1 m, heading
-- 0.1 degrees, battery 0.1 percent.
CREATE TABLE fix (
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    driver INTEGER NOT NULL,
    lat INTEGER NOT NULL,
    lng INTEGER NOT NULL,
    speed INTEGER,
    accuracy INTEGER,
    heading SMALLINT,
    battery SMALLINT,
    mock BOOLEAN NOT NULL,
    PRIMARY KEY (driver, at, lat, lng)
) PARTITION BY RANGE (at);
-- Fixes of days that nobody has made room for.
CREATE TABLE fix_rest PARTITION OF fix DEFAULT;
