'use strict';
// The page's own words in the two languages, and what to do about each error. Values never come from here.
const words = {
  en: {
    skip: 'Skip to the pictures', pictures: 'Pictures', all: 'All', find: 'Find in prompts, ids, columns', findLabel: 'Find pictures',
    statuses: 'Show by status', theme: 'Dark or light', other: '中文', otherLabel: '切换到中文',
    done: 'Done', failed: 'Failed', held: 'Held', running: 'Running', pending: 'Not sent', missing: 'Missing', skipped: 'Skipped', abandoned: 'Abandoned',
    spent: 'Paid', wouldHave: 'A real run would pay', took: 'From first to last', kind: 'Qwen-Image batch', rehearsal: 'Rehearsal: nothing was paid',
    of: (n, all) => n === all ? all + ' shown' : n + ' of ' + all, none: 'Nothing here fits. Esc clears the search.', empty: 'This batch has no items yet.',
    rest: (n, all) => 'This page shows the first ' + n + ' of ' + all + ' items. All of them are in results.csv.',
    prompt: 'Prompt', actual: 'Prompt as the service extended it', negative: 'Negative prompt', copy: 'Copy', copied: 'Copied', notCopied: 'Could not be copied',
    copyOf: what => 'Copy ' + what, json: 'Copy everything as JSON', open: 'Open the file', row: n => 'Row ' + n,
    seed: 'Seed', model: 'Model', size: 'Size', cost: 'Cost', attempts: 'Attempts', task: 'Task', request: 'Request', submitted: 'Sent', finished: 'Finished',
    file: 'File', bytes: 'Length', extend: 'Prompt extension', watermark: 'Watermark', yes: 'on', no: 'off', columns: 'From the manifest',
    back: 'Previous picture', next: 'Next picture', close: 'Close', place: (i, n) => i + ' of ' + n, gone: 'The file is not there any more', todo: 'What to do',
    foot: tool => (tool ? 'Made by ' + tool + '. ' : '') + 'Keys: / finds, arrows move, Enter opens, Esc goes back.',
  },
  zh: {
    skip: '跳到图片', pictures: '图片', all: '全部', find: '搜索提示词、编号、各列', findLabel: '搜索图片',
    statuses: '按状态筛选', theme: '深色或浅色', other: 'English', otherLabel: 'Switch to English',
    done: '完成', failed: '失败', held: '待定', running: '进行中', pending: '未提交', missing: '缺失', skipped: '跳过', abandoned: '放弃',
    spent: '已付', wouldHave: '正式运行将付', took: '总用时', kind: 'Qwen-Image 批量生成', rehearsal: '演练：没有付费',
    of: (n, all) => n === all ? '共 ' + all : n + ' / ' + all, none: '没有符合的结果。按 Esc 清除搜索。', empty: '这一批还没有任何条目。',
    rest: (n, all) => '本页显示前 ' + n + ' 条，共 ' + all + ' 条。全部结果在 results.csv 中。',
    prompt: '提示词', actual: '服务扩写后的提示词', negative: '反向提示词', copy: '复制', copied: '已复制', notCopied: '无法复制',
    copyOf: what => '复制' + what, json: '全部复制为 JSON', open: '打开文件', row: n => '第 ' + n + ' 行',
    seed: '种子', model: '模型', size: '尺寸', cost: '费用', attempts: '尝试次数', task: '任务', request: '请求', submitted: '提交', finished: '完成时间',
    file: '文件', bytes: '大小', extend: '提示词扩写', watermark: '水印', yes: '开', no: '关', columns: '来自清单',
    back: '上一张', next: '下一张', close: '关闭', place: (i, n) => i + ' / ' + n, gone: '文件已不在原处', todo: '怎么办',
    foot: tool => (tool ? '由 ' + tool + ' 生成。' : '') + '按键：/ 搜索，方向键移动，回车打开，Esc 返回。',
  },
};

// The first line whose pattern fits the error code, else the status, is shown.
const hints = [
  [/DataInspection/i, 'The content check of the service stopped this prompt or its picture. Reword it, or use another seed if only the picture was refused; then run the same command again.',
    '内容安全检查拦截了提示词或图片。请改写提示词；若只是图片被拦截，可换一个种子，然后再次运行同一命令。'],
  [/IPInfringement/i, 'The service sees a protected name or figure in the prompt. Describe it in other words, then run again.', '服务认为提示词涉及受保护的名称或形象。请换一种描述再运行。'],
  [/RuleBlocked/i, 'A rule of your own account blocks this prompt. Change the rule in the console, or the prompt.', '你账号中的自定义规则拦截了该提示词。请在控制台修改规则，或修改提示词。'],
  [/FreeTierOnly|Free ?Quota/i, 'The free pictures of this model are used up. Switch "stop when the free quota is used" off in the console, or take another model.', '该模型的免费额度已用完。请在控制台关闭“免费额度用完即停”，或换一个模型。'],
  [/Arrearage|Overdue|NotPurchased/i, 'The account cannot pay. Settle it in the console, then run the same command again.', '账户欠费或未开通。请在控制台处理后再次运行同一命令。'],
  [/InvalidApiKey|NOT ?AUTHORIZED/i, 'The key was refused. Check that it belongs to this region.', '密钥被拒绝。请确认密钥属于该地域。'],
  [/AccessDenied|Unpurchased/i, 'This key may not use the model. Ask for it in the console, or take another model.', '该密钥无权使用此模型。请在控制台申请，或换一个模型。'],
  [/Model ?(NotFound|Not ?exist)|model_not_found/i, 'There is no such model in this region. Check its name; "qwenbatch models" lists them.', '该地域没有此模型。请检查名称；“qwenbatch models”会列出全部模型。'],
  [/InvalidParameter|InvalidURL|BadRequest/i, 'The service does not accept one of the settings, most often the size. The message says which; change the row and run again.', '服务不接受某个参数，多为尺寸。请按提示修改该行后再运行。'],
  [/Throttling|limit_|LimitRequests|ModelServing|Unavailable/i, 'The service was busy. Run the same command with --retry-failed.', '服务繁忙。请用 --retry-failed 再次运行同一命令。'],
  [/RewriteFailed/i, 'The service could not extend the prompt. Run with --retry-failed, or switch prompt_extend off for this row.', '服务未能扩写提示词。请用 --retry-failed 重试，或对该行关闭 prompt_extend。'],
  [/Internal|SystemError|Time ?Out|ModelServiceFailed/i, 'The service failed, and charged nothing. Run the same command with --retry-failed.', '服务内部出错，未收费。请用 --retry-failed 再次运行同一命令。'],
  [/^Expired/i, 'The picture was not fetched within its 24 hours. To buy it again: --redo and its id.', '图片未在 24 小时内取回。如需重新购买：--redo 加编号。'],
  [/^held$/, 'Nobody can tell yet whether this one was billed. "qwenbatch audit" looks at the account; "qwenbatch resolve" settles it.', '目前无法确定这一条是否已计费。“qwenbatch audit”查看账户，“qwenbatch resolve”作出决定。'],
  [/^failed$/, 'Run the same command with --retry-failed to try it again.', '用 --retry-failed 再次运行同一命令即可重试。'],
  [/^missing$/, 'It was paid, but its file is gone. --redo missing buys it again with a new seed.', '已付费，但文件不见了。--redo missing 会用新种子重新购买。'],
  [/^(pending|running)$/, 'Run the same command again: it goes on where it stopped.', '再次运行同一命令，会从停下的地方继续。'],
];
