//! Labs over cells: by their id alone, or by a list that somebody keeps; and who moves when there is one cell more.

use super::chance::Chance;
use crate::numbers::{chance as mix, float};
use crate::table::Table;

/// Labs, and how unlike they are: the deviation of the logarithm of their load, so that one in a hundred is ten times the usual.
const LABS: usize = 400;
const UNLIKE: f64 = 1.0;
/// Numbers of cells.
const CELLS: [usize; 4] = [2, 4, 8, 16];
/// Cities of labs that are drawn anew, of which the middle one and the worst are told.
const DRAWN: u64 = 200;

/// Loads of labs, as shares of all.
fn loads(seed: u64) -> Vec<f64> {
    let mut chance = Chance::new(seed << 32);
    let drawn: Vec<f64> = (0..LABS)
        .map(|_| (UNLIKE * chance.normal()).exp())
        .collect();
    let all: f64 = drawn.iter().sum();
    drawn.into_iter().map(|load| load / all).collect()
}

/// By id: every cell's number is mixed with the lab's, and the largest takes it. One cell more takes from all the others, and
/// nothing moves between those.
fn by_id(seed: u64, lab: usize, cells: usize) -> usize {
    let id = mix(seed ^ mix(lab as u64));
    (0..cells)
        .max_by_key(|cell| mix(id ^ mix(*cell as u64 + 1)))
        .unwrap_or_default()
}

/// By a list: the largest lab first, each to the cell that has least.
fn by_list(loads: &[f64], cells: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..loads.len()).collect();
    order.sort_by(|a, b| loads[*b].total_cmp(&loads[*a]));
    let mut filled = vec![0.0; cells];
    let mut places = vec![0; loads.len()];
    for lab in order {
        let least = (0..cells).min_by(|a, b| f64::total_cmp(&filled[*a], &filled[*b]));
        let cell = least.unwrap_or_default();
        places[lab] = cell;
        filled[cell] += loads[lab];
    }
    places
}

/// The fullest cell, to the mean.
fn fullest(loads: &[f64], places: &[usize], cells: usize) -> f64 {
    let mut filled = vec![0.0; cells];
    for (load, place) in loads.iter().zip(places) {
        filled[*place] += load;
    }
    filled.iter().copied().fold(0.0, f64::max) * float(cells)
}

/// Share of the labs that move by id when there is one cell more.
fn moved(seed: u64, cells: usize) -> f64 {
    let moving = (0..LABS).filter(|lab| by_id(seed, *lab, cells) != by_id(seed, *lab, cells + 1));
    float(moving.count()) / float(LABS)
}

/// Prints how full the fullest cell is.
pub fn print() {
    let columns = [
        "cells",
        "by id: fullest cell, of the mean (median, worst)",
        "by a list",
        "labs that move by id for one cell more",
    ];
    let mut table = Table::new(&columns);
    for cells in CELLS {
        let mut hashed: Vec<f64> = Vec::new();
        let mut listed: Vec<f64> = Vec::new();
        let mut moving = 0.0;
        for seed in 0..DRAWN {
            let loads = loads(seed);
            let places: Vec<usize> = (0..LABS).map(|lab| by_id(seed, lab, cells)).collect();
            hashed.push(fullest(&loads, &places, cells));
            listed.push(fullest(&loads, &by_list(&loads, cells), cells));
            moving += moved(seed, cells);
        }
        hashed.sort_by(f64::total_cmp);
        listed.sort_by(f64::total_cmp);
        let middle = hashed.len() / 2;
        table.row([
            cells.to_string(),
            format!("{:.2}, {:.2}", hashed[middle], hashed[hashed.len() - 1]),
            format!("{:.2}, {:.2}", listed[middle], listed[listed.len() - 1]),
            format!(
                "{:.0} %",
                100.0 * moving / float(usize::try_from(DRAWN).unwrap_or(1))
            ),
        ]);
    }
    table.print("400 labs of very unlike size over cells (simulated)");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_more_takes_its_share_and_no_lab_moves_between_others() {
        for seed in 0..20 {
            for lab in 0..LABS {
                let (before, after) = (by_id(seed, lab, 8), by_id(seed, lab, 9));
                assert!(after == before || after == 8);
            }
            let share = moved(seed, 8);
            assert!((0.05..0.2).contains(&share), "{share}");
        }
    }

    #[test]
    fn a_list_fills_cells_evenly_and_ids_do_not() {
        let loads = loads(1);
        assert!((loads.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let hashed: Vec<usize> = (0..LABS).map(|lab| by_id(1, lab, 8)).collect();
        let hashed = fullest(&loads, &hashed, 8);
        let listed = fullest(&loads, &by_list(&loads, 8), 8);
        assert!(listed < 1.01 && hashed > listed, "{listed} {hashed}");
    }
}
