package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// refusal is an error answer.
type refusal struct {
	status        int
	code, message string
}

// invalid refuses a request for what it says.
func invalid(message string) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidParameter", message}
}

// missing refuses a request for a parameter that is not there or has the wrong type.
func missing(name string) *refusal {
	return invalid(fmt.Sprintf("Required parameter(%s) missing or invalid, please check the request parameters.", name))
}

// refusalOf looks a code up in the catalogue of api.md §4 (ERR, 2026-05). Unknown codes are
// 400. An empty message is the catalogue's.
func refusalOf(code, message string) *refusal {
	for _, r := range catalogue() {
		if r.code == code {
			if message != "" {
				r.message = message
			}
			return &r
		}
	}
	if message == "" {
		message = "Refused by the emulator as " + code + "."
	}
	return &refusal{http.StatusBadRequest, code, message}
}

// catalogue is api.md §4; the first line of a code has its usual message. The documents spell
// "occured".
func catalogue() []refusal {
	internal := "An internal error has occured, please try again later or contact service support."
	return []refusal{
		{401, "InvalidApiKey", "Invalid API-key provided."},
		{401, "invalid_api_key", "Incorrect API key provided."},
		{401, "NOT AUTHORIZED", "Access denied: Either you are not authorized to access this workspace, or the workspace does not exist."},
		{400, "Arrearage", "Access denied, please make sure your account is in good standing."},
		{403, "AccessDenied", "Access denied."},
		{403, "AccessDenied.Unpurchased", "Access to model denied. Please make sure you are eligible for using the model."},
		{403, "Model.AccessDenied", "Model access denied."},
		{403, "Workspace.AccessDenied", "Workspace access denied."},
		{403, "App.AccessDenied", "App access denied."},
		{403, "Endpoint.AccessDenied", "Workspace endpoint access denied."},
		{403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, please disable the \"use free tier only\" mode in the management console."},
		{404, "ModelNotFound", "Model can not be found."},
		{404, "model_not_found", "The model does not exist or you do not have access to it."},
		{404, "WorkSpaceNotFound", "WorkSpace can not be found."},
		{404, "NotFound", "Request path not found."},
		{400, "InvalidParameter", "Required body invalid, please check the request body format."},
		{400, "InvalidParameter.DataInspection", "Unable to download the media resource during the data inspection process."},
		{400, "BadRequest.EmptyInput", "Required input parameter missing from request."},
		{400, "BadRequest.EmptyParameters", "Required parameter \"parameters\" missing from request."},
		{400, "BadRequest.EmptyModel", "Required parameter \"model\" missing from request."},
		{400, "BadRequest.IllegalInput", "The input parameter requires json format."},
		{400, "DataInspectionFailed", "Input data may contain inappropriate content."},
		{400, "data_inspection_failed", "Input data may contain inappropriate content."},
		{400, "IPInfringementSuspect", "Input data is suspected of being involved in IP infringement."},
		{400, "CustomRoleBlocked", "Input or output data may contain inappropriate content with custom rule."},
		{400, "FaqRuleBlocked", "Input or output data is blocked by faq rule."},
		{400, "InvalidURL", "Required URL is missing or invalid, please check the request URL."},
		{400, "InvalidURL.ConnectionRefused", "Connection to the URL refused, please provide an available URL."},
		{400, "InvalidURL.Timeout", "Download the URL timed out, please check the network."},
		{400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status."},
		{429, "Throttling", "Requests throttling triggered."},
		{429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."},
		{429, "LimitRequests", "You exceeded your current requests list."},
		{429, "limit_requests", "You exceeded your current requests list."},
		{429, "Throttling.User", "Requests rate limit exceeded, please try again later."},
		{429, "Throttling.Concurrency", "Too many concurrent requests, please try again later."},
		{429, "Throttling.BurstRate", "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time."},
		{429, "limit_burst_rate", "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time."},
		{429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."},
		{429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."},
		{429, "CommodityNotPurchased", "Commodity has not purchased yet."},
		{429, "PrepaidBillOverdue", "The prepaid bill is overdue."},
		{429, "PostpaidBillOverdue", "The postpaid bill is overdue."},
		{500, "InternalError", internal},
		{500, "internal_error", internal},
		{500, "SystemError", "An system error has occured, please try again later."},
		{500, "ModelServiceFailed", "Failed to request model service."},
		{500, "InternalError.Algo", "inference internal error."},
		{500, "InternalError.Upload", "Failed to upload result."},
		{500, "InternalError.FileUpload", "oss upload error."},
		{500, "InternalError.Timeout", "An internal timeout error has occured during execution, please try again later or contact service support."},
		{500, "RequestTimeOut", "Request timed out, please try again later."},
		{500, "RewriteFailed", "Failed to rewrite content for prompt."},
		{503, "ModelServingError", "Too many requests. Your requests are being throttled due to system capacity limits. Please try again later."},
		{503, "ModelUnavailable", "Model is unavailable, please try again later."},
	}
}

// directive reads [[verb:value]] from a prompt. "" means that it is not there.
func directive(prompt, verb string) string {
	_, rest, ok := strings.Cut(prompt, "[["+verb+":")
	if !ok {
		return ""
	}
	value, _, ok := strings.Cut(rest, "]]")
	if !ok {
		return ""
	}
	return strings.TrimSpace(value)
}

// directiveCode reads a code, and a message after a colon:
// [[refuse:Throttling.AllocationQuota:Free allocated quota exceeded.]].
func directiveCode(prompt, verb string) (code, message string) {
	code, message, _ = strings.Cut(directive(prompt, verb), ":")
	return code, message
}
