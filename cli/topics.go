package cli

import "github.com/spf13/cobra"

// topics are what qwenbatch help tells of beside the commands.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "How a run ended", Long: exitCodesHelp},
		{Use: "manifest", Short: "What a sheet of prompts looks like", Long: manifestHelp},
		{Use: "money", Short: "What is paid, and what bounds it", Long: moneyHelp},
		{Use: "environment", Short: "Variables, qwenbatch.yaml, proxies and certificates", Long: environmentHelp},
	}
}

const exitCodesHelp = `Exit codes. One that is not listed here means failure.

    0  every item of the manifest is done
    1  could not go on: key refused, account in arrears, pictures cannot be
       fetched, disk full, state file damaged; the message says what to do
    2  usage or manifest wrong; nothing was sent
    3  ran to the end, but some items failed for good, are held or in doubt, or
       wait for a picture that is paid
    4  stopped by its own limit: --limit, --budget, --deadline, --max-failures
   75  another run holds this batch; try later
  129  ended by SIGHUP, 130 by SIGINT (Ctrl-C), 143 by SIGTERM; state saved

After 1, 3, 4, 75 and a signal the same command goes on. Where several hold:
signal, then 1, 4, 3, 0. plan, status and report end with 0 where they could do
their work.`

const manifestHelp = `A manifest is a sheet of prompts: XLSX, CSV, TSV, YAML, JSON or JSON lines. A
header and a column of prompts are enough; every row is a picture.

  id               name of the row, and of its picture; empty: from the prompt
  prompt           what the picture shows; 提示词
  negative_prompt  what it shall not show; 反向提示词
  model, size      as qwen-image-plus, 1328*1328 or 16:9; 模型, 尺寸
  seed             0 to 2147483647; 种子
  count            pictures, each a request of its own; 数量
  n                pictures of one request, where the model makes several
  prompt_extend, watermark, skip
                   true or false; a skipped row is left alone
  file             name of the picture; 文件名

Case and order do not count. Other columns are carried through to the reports.
--column prompt=Caption says which header is which, --sheet which worksheet.

  qwenbatch init prompts.xlsx   writes one to start from; also .csv, .yaml
  qwenbatch plan prompts.xlsx   reads and checks it, and sends nothing
  qwenbatch schema              the JSON Schema of YAML manifests, for editors`

const moneyHelp = `Only pictures that were made are billed; qwenbatch models lists the prices. A
failed or refused request costs nothing.

A row that is done is never sent again. A submission that goes unanswered is in
doubt: it is looked for in the account's task list, adopted if it is there, and
sent again only when the list proves that it is not. What cannot be settled is
held, and counts as money: qwenbatch audit shows what the account was charged
for, qwenbatch resolve settles it.

What is paid and could not be fetched stays open for the 24 hours that the
service keeps it; the next run fetches it and pays nothing.

  qwenbatch plan prompts.csv      what a run would make, pay and take
  --budget 50                     no more than ¥50 over the batch's whole life
  --limit, --max-failures, --deadline
                                  bound one run; exit code 4
  -y                              do not ask, as above ¥10 on a terminal
  --redo ID, --redo missing       buys pictures again; plan tells the price`

const environmentHelp = `Every flag can be set in the environment: --submit-rate is QWENBATCH_SUBMIT_RATE
there. The flag wins. qwenbatch.yaml beside the manifest, or in the folder
qwenbatch of your configuration folder (~/.config), gives defaults of flags, a
line each: size: "16:9". qwenbatch plan MANIFEST --show-config says where each
value came from.

  DASHSCOPE_API_KEY        the key; --api-key-file reads one from a file
  DASHSCOPE_HTTP_BASE_URL, DASHSCOPE_WORKSPACE_ID
                           as the vendor's SDKs read them
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
                           http://USER:PASSWORD@HOST:PORT or socks5://HOST:PORT
  NO_PROXY                 hosts reached without: .example.com,10.0.0.0/8
  SSL_CERT_FILE            certificate authorities, where a network has its own
                           (Linux; macOS and Windows take those of the system)
  NO_COLOR                 no colours`
