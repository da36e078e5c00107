# SPDX-License-Identifier: MIT
# session.gp - gnuplot: a session's phases, forces, positions and temperatures over time.
set terminal svg size 1200,900 font "sans,14" background "white"
set output dir.'/session.svg'
set datafile separator ','
csv = dir.'/session.csv'
phases = dir.'/phases.csv'
set multiplot layout 3,1 title "piriformis, left side, level 3: a session in virtual time" font ",18"
set lmargin 9
set rmargin 26
set xrange [0:15.2]
set xtics 1
set grid xtics ytics lc rgb '#dddddd'
set key outside right top reverse Left samplen 2

n = int(system(sprintf("wc -l < %s", phases)))
do for [i=1:n] {
	t = real(system(sprintf("sed -n '%dp' %s | cut -d, -f1", i, phases))) / 60
	set arrow i from t, graph 0 to t, graph 1 nohead lc rgb '#888888' dt 2
	set label i system(sprintf("sed -n '%dp' %s | cut -d, -f2", i, phases)) at t + 0.05, graph 0.94 font ",12" tc rgb '#444444'
}

set ylabel "force, N"
set yrange [0:24]
plot csv every 4 using ($1/60):(column("back_force_n")) with lines lc rgb '#1f77b4' title "back", \
	'' every 4 using ($1/60):(column("seat_left_force_n")) with lines lc rgb '#d62728' title "buttock left", \
	'' every 4 using ($1/60):(column("leg_left_force_n")) with lines lc rgb '#2ca02c' title "leg left", \
	'' every 4 using ($1/60):(column("back_level_n")) with lines lc rgb '#1f77b4' dt 3 title "back, asked", \
	'' every 4 using ($1/60):(column("seat_left_level_n")) with lines lc rgb '#d62728' dt 3 title "buttock, asked", \
	'' every 4 using ($1/60):(column("leg_left_level_n")) with lines lc rgb '#2ca02c' dt 3 title "leg, asked"

do for [i=1:n] { unset label i }
set ylabel "place along the body, mm"
set yrange [0:300]
plot csv every 4 using ($1/60):(column("back_travel_mm")) with lines lc rgb '#1f77b4' title "back", \
	'' every 4 using ($1/60):(column("seat_left_travel_mm")) with lines lc rgb '#d62728' title "buttock left", \
	'' every 4 using ($1/60):(column("leg_left_travel_mm")) with lines lc rgb '#2ca02c' title "leg left"

set ylabel "temperature, °C"
set xlabel "minutes"
set yrange [22:44]
set arrow 90 from 0,41 to 15.2,41 nohead lc rgb '#d62728' lw 1.5
set label 90 "41 °C: never above" at 0.1,42 font ",12" tc rgb '#d62728'
plot csv every 4 using ($1/60):(column("lower_back_pad_c")) with lines lc rgb '#1f77b4' title "lower back pad", \
	'' every 4 using ($1/60):(column("lower_back_skin_c")) with lines lc rgb '#1f77b4' dt 3 title "lower back skin", \
	'' every 4 using ($1/60):(column("glute_left_pad_c")) with lines lc rgb '#d62728' title "buttock pad", \
	'' every 4 using ($1/60):(column("glute_left_skin_c")) with lines lc rgb '#d62728' dt 3 title "buttock skin"
unset multiplot
