// The first line whose pattern fits the error code, else the status, is shown.
export const hints = [
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
  [/^NotFetched$/, 'It is paid, and its picture could not be fetched so far. The service keeps it for 24 hours: run the same command again, which pays nothing.',
    '已付费，但图片尚未取回。服务端保留 24 小时：再次运行同一命令即可取回，不再收费。'],
  [/^Gone$/, 'It is paid, and the service does not give its picture out any more. To buy it again: --redo and its id.', '已付费，但服务端不再提供该图片。如需重新购买：--redo 加编号。'],
  [/^NoPicture$/, 'The task succeeded without a picture. Run the same command with --retry-failed.', '任务成功但没有图片。请用 --retry-failed 再次运行同一命令。'],
  [/^Damaged$/, 'It was paid, and its file is damaged. Run the same command: it is fetched again without cost for 24 hours. Later, --redo missing buys it again.',
    '已付费，但文件已损坏。再次运行同一命令：24 小时内免费重新取回；之后用 --redo missing 重新购买。'],
  [/^Expired/i, 'The picture was not fetched within its 24 hours. To buy it again: --redo and its id.', '图片未在 24 小时内取回。如需重新购买：--redo 加编号。'],
  [/^held$/, 'Nobody can tell yet whether this one was billed. "qwenbatch audit" looks at the account; "qwenbatch resolve" settles it.', '目前无法确定这一条是否已计费。“qwenbatch audit”查看账户，“qwenbatch resolve”作出决定。'],
  [/^failed$/, 'Run the same command with --retry-failed to try it again.', '用 --retry-failed 再次运行同一命令即可重试。'],
  [/^missing$/, 'It was paid, but its file is gone. --redo missing buys it again with a new seed.', '已付费，但文件不见了。--redo missing 会用新种子重新购买。'],
  [/^(pending|running)$/, 'Run the same command again: it goes on where it stopped.', '再次运行同一命令，会从停下的地方继续。'],
];

// hintOf is what to do about an item, or undefined.
export function hintOf(r, lang) {
  const h = hints.find(h => r.error_code && h[0].test(r.error_code)) || hints.find(h => h[0].test(r.status));
  return h && h[lang === 'zh' ? 2 : 1];
}
