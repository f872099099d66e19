// @ts-check
// The script of a page that is taken away. It is written into the file as it stands here, so it uses nothing from outside
// of itself.

/** Tells the values under the pointer, in all charts at once. */
export function offline() {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
  const figures = [...document.querySelectorAll("figure")].map((figure, i) => {
    const cross = document.createElement("span");
    cross.className = "cross";
    cross.hidden = true;
    figure.append(cross);
    const values = [...figure.querySelectorAll("li b")];
    const when = figure.querySelector("time");
    return { figure, cross, values, last: values.map((value) => value.textContent), when, standing: when?.textContent ?? "", chart: data.charts[i] };
  });
  const title = document.title;
  /** @param {number} at Unix milliseconds, NaN: those that stood there */
  const tell = (at) => {
    for (const { cross, values, last, when, standing, chart } of figures) {
      let row = -1;
      for (let i = 0; i < chart.at.length && chart.at[i] <= at; i++) row = i;
      cross.hidden = row < 0;
      cross.style.left = `${((at - chart.from) / (chart.to - chart.from)) * 100}%`;
      values.forEach((value, k) => { value.textContent = row < 0 ? last[k] : chart.series[k][row]; });
      if (when) when.textContent = row < 0 ? standing : chart.times[row];
      document.title = row < 0 ? title : chart.times[row];
    }
  };
  for (const { figure, chart } of figures) {
    figure.addEventListener("pointermove", (event) => {
      const { left, width } = figure.getBoundingClientRect();
      tell(chart.from + ((event.clientX - left) / width) * (chart.to - chart.from));
    });
    figure.addEventListener("pointerleave", () => tell(NaN));
  }
}
