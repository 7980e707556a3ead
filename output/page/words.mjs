// The page's own words in its two languages. Values never come from here.
export const words = {
  en: {
    skip: 'Skip to the pictures', pictures: 'Pictures', all: 'All', find: 'Find in prompts, ids, columns', findLabel: 'Find pictures',
    statuses: 'Show by status and mark', theme: 'Dark or light', other: '中文', otherLabel: '切换到中文',
    done: 'Done', failed: 'Failed', held: 'Held', running: 'Running', pending: 'Not sent', missing: 'Missing', skipped: 'Skipped', abandoned: 'Abandoned',
    spent: 'Paid', wouldHave: 'A real run would pay', spentGone: 'For rows that are gone', took: 'From first to last', kind: 'Qwen-Image batch', rehearsal: 'Rehearsal: nothing was paid',
    of: (n, all) => n === all ? all + ' shown' : n + ' of ' + all, none: 'Nothing here fits. Esc clears the search.', empty: 'This batch has no items yet.',
    rest: (n, all) => 'This page shows the first ' + n + ' of ' + all + ' items. All of them are in results.csv.',
    prompt: 'Prompt', actual: 'Prompt as the service extended it', negative: 'Negative prompt', copy: 'Copy', copied: 'Copied', notCopied: 'Could not be copied',
    copyOf: what => 'Copy ' + what, json: 'Copy everything as JSON', open: 'Open the file', row: n => 'Row ' + n,
    seed: 'Seed', model: 'Model', size: 'Size', cost: 'Cost', attempts: 'Attempts', task: 'Task', request: 'Request', adopted: 'Adopted',
    adoptedBy: { prompt: 'found in the task list by its words', request_id: 'found in the task list by its request', hand: 'by hand' }, submitted: 'Sent', finished: 'Finished',
    file: 'File', edited: 'Edited', sinceSaved: 'since it was saved', bytes: 'Length', extend: 'Prompt extension', watermark: 'Watermark', yes: 'on', no: 'off', columns: 'From the manifest',
    back: 'Previous picture', next: 'Next picture', close: 'Close', place: (i, n) => i + ' of ' + n, gone: 'The file is not there any more', apart: 'No folder', beside: 'Keep this page beside its images folder', todo: 'What to do',
    service: 'In its own words',
    live: (n, all, left) => 'Running: ' + n + ' of ' + all + ' so far' + (left ? ', about ' + left + ' left' : ''),
    noNews: when => 'No news since ' + when + '. If the run has ended, qwenbatch report writes this page again.',
    foot: tool => (tool ? 'Made by ' + tool + '. ' : '') + 'Press ? for the keys.',

    view: 'Sort and group', sort: 'Sort', group: 'Group', only: 'Only', anything: 'everything', ungrouped: 'not grouped', reverse: 'The other way round', tile: 'Size of the pictures',
    sorts: { row: 'as in the sheet', time: 'newest first', took: 'slowest first', cost: 'dearest first', pixels: 'largest first', stars: 'most stars first', id: 'by name' },
    status: 'Status', mark: 'Mark', stars: 'Stars', code: 'Error', variants: 'Row of the sheet', emptyValue: '(empty)', otherValues: n => n + ' other values: use the search',

    pick: 'Pick', reject: 'Reject', unmark: 'Take the mark off', picked: 'Picked', rejected: 'Rejected', unmarked: 'Not looked at', star: n => n === 1 ? '1 star' : n + ' stars',
    markOf: name => 'Marks of ' + name, nothingToUndo: 'Nothing to take back', undone: 'Taken back',
    picks: 'Your marks', toRedo: (n, cost) => '--redo for ' + n + (cost ? ', ' + cost : ''), copyRedo: 'Copy', copyIds: 'Copy ids', copyFiles: 'Copy files', save: 'Save picks.csv',
    redoCopied: manifest => 'Copied. It belongs behind: qwenbatch run ' + manifest, redoMany: file => 'Copied. It reads ' + file + ', so save that, too',
    forget: 'Forget all marks', forgotten: 'All marks are forgotten. Ctrl+Z takes that back',
    notKept: 'This browser does not keep marks: save picks.csv before you close the page.',

    compare: 'Compare', compareN: n => 'Compare ' + n, choose: 'Choose for comparing', chosen: n => n + ' chosen for comparing', full: 'At most four are compared', pickTwo: 'Choose two to four pictures with C, then press V',
    comparing: (i, n) => 'Row ' + i + ' of ' + n + ' with variants', fit: 'Fit', actualSize: '100 %', zoomIn: 'Larger', zoomOut: 'Smaller', blink: 'Blink', previousRow: 'Row before', nextRow: 'Next row', older: 'replaced',
    variantsOf: n => 'Compare its ' + n + ' variants',

    print: 'Print', printHow: 'Print as', sheet12: 'contact sheet, 12 a page', sheet1: 'one a page, with its words', preparing: n => n + ' pictures are made ready to print', page: (i, n) => i + ' / ' + n,

    keys: 'Keys', keyList: [['/', 'find'], ['← → ↑ ↓', 'move'], ['Enter', 'open'], ['Esc', 'back'], ['P', 'pick; with Shift and go on'], ['X', 'reject; with Shift and go on'], ['U', 'take the mark off'],
      ['1 – 5, 0', 'stars, none'], ['Ctrl+Z', 'take the last mark back'], ['C', 'choose for comparing'], ['V', 'compare the chosen, or the variants of the row'],
      ['Z', '100 % or all of it'], ['+ −', 'larger, smaller'], ['B', 'blink, while comparing'], ['↑ ↓', 'next row, while comparing'], ['Ctrl+P', 'print']],
  },
  zh: {
    skip: '跳到图片', pictures: '图片', all: '全部', find: '搜索提示词、编号、各列', findLabel: '搜索图片',
    statuses: '按状态和标记筛选', theme: '深色或浅色', other: 'English', otherLabel: 'Switch to English',
    done: '完成', failed: '失败', held: '待定', running: '进行中', pending: '未提交', missing: '缺失', skipped: '跳过', abandoned: '放弃',
    spent: '已付', wouldHave: '正式运行将付', spentGone: '已删行另付', took: '总用时', kind: 'Qwen-Image 批量生成', rehearsal: '演练：没有付费',
    of: (n, all) => n === all ? '共 ' + all + ' 张' : n + ' / ' + all, none: '没有符合的结果。按 Esc 清除搜索。', empty: '这一批还没有任何条目。',
    rest: (n, all) => '本页显示前 ' + n + ' 条，共 ' + all + ' 条。全部结果在 results.csv 中。',
    prompt: '提示词', actual: '服务扩写后的提示词', negative: '反向提示词', copy: '复制', copied: '已复制', notCopied: '无法复制',
    copyOf: what => '复制' + what, json: '全部复制为 JSON', open: '打开文件', row: n => '第 ' + n + ' 行',
    seed: '种子', model: '模型', size: '尺寸', cost: '费用', attempts: '尝试次数', task: '任务', request: '请求', adopted: '认领',
    adoptedBy: { prompt: '按提示词在任务列表中找到', request_id: '按请求编号在任务列表中找到', hand: '手动认领' }, submitted: '提交', finished: '完成时间',
    file: '文件', edited: '已修改', sinceSaved: '保存后被修改过', bytes: '大小', extend: '提示词扩写', watermark: '水印', yes: '开', no: '关', columns: '来自清单',
    back: '上一张', next: '下一张', close: '关闭', place: (i, n) => i + ' / ' + n, gone: '文件已不在原处', apart: '没有文件夹', beside: '请把本页和它的 images 文件夹放在一起', todo: '怎么办',
    service: '原文',
    live: (n, all, left) => '运行中：' + n + ' / ' + all + (left ? '，约剩 ' + left : ''),
    noNews: when => when + ' 起没有更新。若运行已结束，可用 qwenbatch report 重写本页。',
    foot: tool => (tool ? '由 ' + tool + ' 生成。' : '') + '按 ? 查看按键。',

    view: '排序与分组', sort: '排序', group: '分组', only: '只看', anything: '全部', ungrouped: '不分组', reverse: '反向', tile: '图片大小',
    sorts: { row: '按表格顺序', time: '最新在前', took: '最慢在前', cost: '最贵在前', pixels: '最大在前', stars: '星级高在前', id: '按名称' },
    status: '状态', mark: '标记', stars: '星级', code: '错误', variants: '表格的行', emptyValue: '（空）', otherValues: n => '另有 ' + n + ' 个值：请用搜索',

    pick: '挑选', reject: '淘汰', unmark: '去掉标记', picked: '已挑选', rejected: '已淘汰', unmarked: '未看', star: n => n + ' 星',
    markOf: name => name + ' 的标记', nothingToUndo: '没有可撤销的', undone: '已撤销',
    picks: '你的标记', toRedo: (n, cost) => '--redo ' + n + ' 项' + (cost ? '，' + cost : ''), copyRedo: '复制', copyIds: '复制编号', copyFiles: '复制文件名', save: '保存 picks.csv',
    redoCopied: manifest => '已复制。接在此命令之后：qwenbatch run ' + manifest, redoMany: file => '已复制。它读取 ' + file + '，请一并保存该文件',
    forget: '清除全部标记', forgotten: '全部标记已清除。按 Ctrl+Z 撤销',
    notKept: '此浏览器不保存标记：关闭页面前请保存 picks.csv。',

    compare: '对比', compareN: n => '对比 ' + n + ' 张', choose: '选来对比', chosen: n => '已选 ' + n + ' 张对比', full: '最多对比四张', pickTwo: '用 C 选二至四张图片，再按 V',
    comparing: (i, n) => '有多个版本的行：' + i + ' / ' + n, fit: '适合窗口', actualSize: '100 %', zoomIn: '放大', zoomOut: '缩小', blink: '闪烁', previousRow: '上一行', nextRow: '下一行', older: '已替换',
    variantsOf: n => '对比它的 ' + n + ' 个版本',

    print: '打印', printHow: '打印为', sheet12: '样片，每页 12 张', sheet1: '每页一张，附文字', preparing: n => '正在准备打印 ' + n + ' 张图片', page: (i, n) => i + ' / ' + n,

    keys: '按键', keyList: [['/', '搜索'], ['← → ↑ ↓', '移动'], ['Enter', '打开'], ['Esc', '返回'], ['P', '挑选；加 Shift 并看下一张'], ['X', '淘汰；加 Shift 并看下一张'], ['U', '去掉标记'],
      ['1 – 5，0', '星级，无'], ['Ctrl+Z', '撤销上一个标记'], ['C', '选来对比'], ['V', '对比选中的，或该行的各个版本'],
      ['Z', '100 % 或整张'], ['+ −', '放大，缩小'], ['B', '对比时闪烁'], ['↑ ↓', '对比时换行'], ['Ctrl+P', '打印']],
  },
};

// speech is the language that is spoken now, and its words.
export const speech = { lang: 'en', t: words.en };
