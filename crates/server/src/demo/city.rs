//! A city that is nowhere: a grid of streets, a river through it with two bridges and the border of two time zones in it, a lab on
//! either bank, clinics and drivers.

use pontic_core::time::Coordinates;

use super::chance::Chance;

/// Between two streets, in metres.
const BLOCK_M: f64 = 400.0;
/// The river, in metres.
const RIVER_M: f64 = 500.0;
/// Streets that run north and south, and that run east and west.
const COLUMNS: i32 = 22;
const ROWS: i32 = 15;
/// The first street east of the river.
const EAST_BANK: i32 = 11;
/// Streets that go on over the river.
const BRIDGES: [i32; 2] = [4, 11];
/// The south-western corner, in degrees.
const CORNER: Coordinates = Coordinates {
    lat: 41.31,
    lng: -86.88,
};
/// A degree of latitude, in metres.
const DEGREE_M: f64 = 111_320.0;
/// Clinics of each lab.
const CLINICS: usize = 20;
/// Of those, beyond the river.
const ACROSS: usize = 4;
/// Drivers of each lab.
const DRIVERS: usize = 4;

const STREETS: [&str; 15] = [
    "South", "Mill", "Tanner", "Foundry", "Bridge", "Market", "Church", "Court", "High", "School",
    "Garden", "Ferry", "Orchard", "Hill", "North",
];
const TREES: [&str; 20] = [
    "Alder", "Ash", "Aspen", "Beech", "Birch", "Cedar", "Chestnut", "Elm", "Fir", "Hawthorn",
    "Hazel", "Hickory", "Juniper", "Larch", "Linden", "Maple", "Oak", "Poplar", "Rowan", "Willow",
];
const DRIVER_NAMES: [&str; 8] = [
    "Ada Brandt",
    "Ben Okafor",
    "Cleo Marin",
    "Dan Whitaker",
    "Eva Lindqvist",
    "Femi Adeyemi",
    "Gus Moreau",
    "Hana Sato",
];

/// Where two streets cross: the how-manieth from the west, and from the south.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    column: i32,
    row: i32,
}

/// A place in the city, in metres east and north of its corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// East.
    pub x: f64,
    /// North.
    pub y: f64,
}

/// A lab.
#[derive(Debug)]
pub struct Lab {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its IANA zone.
    pub zone: &'static str,
    /// Where it is.
    pub at: Crossing,
    /// Its day begins so long after the demo's, in minutes: eight o'clock by its own clock.
    pub later_min: i64,
}

/// A clinic.
#[derive(Debug)]
pub struct Clinic {
    /// Its id.
    pub id: String,
    /// Which of the labs works for it.
    pub lab: usize,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its IANA zone: that of its bank.
    pub zone: &'static str,
    /// Where it is.
    pub at: Crossing,
    /// When it opens and closes.
    pub hours: (&'static str, &'static str),
    /// Its practice system.
    pub system: &'static str,
    /// Its number in that system.
    pub number: i64,
}

/// A driver.
#[derive(Debug)]
pub struct Driver {
    /// The driver's id.
    pub id: String,
    /// Which of the labs they drive for.
    pub lab: usize,
    /// Their name.
    pub name: &'static str,
}

/// All of it.
#[derive(Debug)]
pub struct City {
    /// The labs: east and west of the river.
    pub labs: [Lab; 2],
    /// Clinics, by id.
    pub clinics: Vec<Clinic>,
    /// Drivers, by id.
    pub drivers: Vec<Driver>,
}

impl Crossing {
    /// Where that is.
    pub fn spot(self) -> Spot {
        let river = if self.is_east() { RIVER_M } else { 0.0 };
        Spot {
            x: f64::from(self.column).mul_add(BLOCK_M, river),
            y: f64::from(self.row) * BLOCK_M,
        }
    }

    const fn is_east(self) -> bool {
        self.column >= EAST_BANK
    }

    /// The way along the streets to another crossing: its corners, without this one. Over the river by the bridge that is less of a
    /// detour.
    pub fn way_to(self, to: Self) -> Vec<Spot> {
        let mut corners = Vec::new();
        let turn = if self.is_east() == to.is_east() {
            to.row
        } else {
            let detour = |row: &i32| (self.row - row).abs() + (to.row - row).abs();
            BRIDGES.into_iter().min_by_key(detour).unwrap_or(to.row)
        };
        // Along the own street to the row in which the river is crossed, then across, then to the other's row.
        let rows = [(self.column, turn), (to.column, turn), (to.column, to.row)];
        let mut last = self.spot();
        for (column, row) in rows {
            let spot = Self { column, row }.spot();
            if spot != last {
                corners.push(spot);
                last = spot;
            }
        }
        corners
    }

    /// The crossing nearest to a place.
    pub fn near(spot: Spot) -> Self {
        let all = (0..COLUMNS).flat_map(|column| (0..ROWS).map(move |row| Self { column, row }));
        let away = |one: &Self| spot.metres_to(one.spot());
        let nearest = all.min_by(|a, b| away(a).total_cmp(&away(b)));
        nearest.unwrap_or(Self { column: 0, row: 0 })
    }

    fn address(self, chance: &mut Chance) -> String {
        let bank = if self.is_east() { "East" } else { "West" };
        let street = usize::try_from(self.row)
            .ok()
            .and_then(|row| STREETS.get(row))
            .unwrap_or(&"River");
        let number = i64::from(self.column) * 100 + chance.whole(1, 48) * 2;
        format!("{number} {street} Street, {bank} Halden")
    }
}

impl Spot {
    /// How far it is to another, as the crow flies.
    pub fn metres_to(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// A place so far on the way to another: 0 here, 1 there.
    pub fn towards(self, other: Self, part: f64) -> Self {
        Self {
            x: (other.x - self.x).mul_add(part, self.x),
            y: (other.y - self.y).mul_add(part, self.y),
        }
    }

    /// So far off, in metres.
    pub fn off(self, east_m: f64, north_m: f64) -> Self {
        Self {
            x: self.x + east_m,
            y: self.y + north_m,
        }
    }

    /// On the globe; seven digits, as phones send it.
    pub fn on_the_globe(self) -> Coordinates {
        let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7;
        let shrink = CORNER.lat.to_radians().cos();
        Coordinates {
            lat: rounded(CORNER.lat + self.y / DEGREE_M),
            lng: rounded(CORNER.lng + self.x / (DEGREE_M * shrink)),
        }
    }
}

impl City {
    /// The city of that seed.
    pub fn new(seed: u64) -> Self {
        let labs = [
            Lab {
                id: "LAB001",
                name: "Halden Dental Lab",
                zone: "America/New_York",
                at: Crossing { column: 15, row: 7 },
                later_min: 0,
            },
            Lab {
                id: "LAB002",
                name: "Westbank Ceramics",
                zone: "America/Chicago",
                at: Crossing { column: 5, row: 8 },
                later_min: 60,
            },
        ];
        let mut chance = Chance::of(seed, "city");
        let clinics = clinics(&labs, &mut chance);
        let drivers = DRIVER_NAMES.into_iter().enumerate();
        let drivers = drivers.map(|(index, name)| Driver {
            id: format!("DRV-{}", index + 1),
            lab: index / DRIVERS,
            name,
        });
        Self {
            labs,
            clinics,
            drivers: drivers.collect(),
        }
    }

    /// The clinic of that id.
    pub fn clinic(&self, id: &str) -> Option<&Clinic> {
        self.clinics.iter().find(|clinic| clinic.id == id)
    }

    /// Clinics of a lab.
    pub fn clinics_of(&self, lab: usize) -> impl Iterator<Item = &Clinic> {
        self.clinics.iter().filter(move |clinic| clinic.lab == lab)
    }
}

fn clinics(labs: &[Lab; 2], chance: &mut Chance) -> Vec<Clinic> {
    let mut crossings: Vec<Crossing> = (0..COLUMNS)
        .flat_map(|column| (0..ROWS).map(move |row| Crossing { column, row }))
        // Not next to a lab, and not next to each other: whoever passes one clinic is not at another.
        .filter(|at| (at.column + at.row) % 2 == 0)
        .filter(|at| {
            labs.iter()
                .all(|lab| lab.at.spot().metres_to(at.spot()) > BLOCK_M)
        })
        .collect();
    chance.shuffle(&mut crossings);
    let (mut east, mut west): (Vec<_>, Vec<_>) = crossings.into_iter().partition(|at| at.is_east());
    let hours = [("08:00", "17:00"), ("08:30", "18:00"), ("07:30", "16:30")];
    let systems = ["dentrix", "opendental", "eaglesoft"];
    let mut names: Vec<String> = TREES
        .iter()
        .flat_map(|tree| [format!("{tree} Dental"), format!("{tree} Street Smiles")])
        .collect();
    chance.shuffle(&mut names);
    let mut clinics = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let lab = index / CLINICS;
        let own_side = index % CLINICS >= ACROSS;
        let bank = if (lab == 0) == own_side {
            &mut east
        } else {
            &mut west
        };
        let Some(at) = bank.pop() else { continue };
        clinics.push(Clinic {
            id: format!("CLI-{:03}", index + 1),
            lab,
            name,
            address: at.address(chance),
            zone: labs[usize::from(!at.is_east())].zone,
            at,
            hours: *chance.pick(&hours).unwrap_or(&hours[0]),
            system: systems[index % systems.len()],
            number: i64::try_from(index).unwrap_or(0) + 11,
        });
    }
    clinics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(from: Crossing, way: &[Spot]) -> f64 {
        let mut last = from.spot();
        way.iter()
            .map(|spot| {
                let metres = last.metres_to(*spot);
                last = *spot;
                metres
            })
            .sum()
    }

    #[test]
    fn the_river_is_crossed_on_a_bridge_only() {
        let (from, to) = (
            Crossing { column: 2, row: 6 },
            Crossing { column: 14, row: 8 },
        );
        let way = from.way_to(to);
        assert_eq!(way.last(), Some(&to.spot()));
        let over = way.windows(2).find(|pair| pair[0].x < pair[1].x);
        let row = over.map(|pair| pair[0].y / BLOCK_M);
        assert!(row.is_some_and(|row| {
            BRIDGES
                .iter()
                .any(|bridge| (f64::from(*bridge) - row).abs() < 0.01)
        }));
        // Two streets down and four up; the other bridge would be two more.
        assert!((length(from, &way) - (12.0 * BLOCK_M + RIVER_M + 6.0 * BLOCK_M)).abs() < 1.0);
        assert_eq!(from.way_to(from), []);
    }

    #[test]
    fn forty_clinics_at_places_of_their_own() {
        let city = City::new(7);
        assert_eq!((city.clinics.len(), city.drivers.len()), (40, 8));
        for (index, clinic) in city.clinics.iter().enumerate() {
            for other in &city.clinics[index + 1..] {
                assert!(
                    clinic.at.spot().metres_to(other.at.spot()) > BLOCK_M,
                    "{clinic:?} {other:?}"
                );
                assert_ne!(clinic.name, other.name);
            }
        }
        let zones = |lab| {
            city.clinics_of(lab)
                .filter(|clinic| clinic.zone == city.labs[lab].zone)
                .count()
        };
        assert_eq!((zones(0), zones(1)), (16, 16));
        assert_eq!(
            Crossing::near(city.clinics[3].at.spot().off(90.0, -80.0)),
            city.clinics[3].at
        );
    }
}
