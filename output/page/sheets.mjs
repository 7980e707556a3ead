// How shots are put on paper.
export const perPage = { sheet12: 12, sheet1: 1 };

// pagesOf cuts shots into pages.
export function pagesOf(shots, n) {
  const pages = [];
  for (let i = 0; i < shots.length; i += n) pages.push(shots.slice(i, i + n));
  return pages;
}
