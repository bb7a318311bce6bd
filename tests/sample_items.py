"""One item of each type that a conversation holds, as JSON written by hand: a line each.

With nulls where they are allowed, members that nobody knows, members in an unusual order, and numbers and
characters that a careless reader changes. Source: the types of conversation items in `openai` 3.54.0.
"""

KNOWN = r"""
{"content":[{"text":"Hi \u00e9\ud83d\ude00 \/ \"q\"","type":"input_text","x_new":null},{"type":"input_image","detail":"auto","file_id":null,"image_url":"data:image/png;base64,iVBORw0KGgo="},{"type":"input_file","filename":"a.txt","file_data":"data:text/plain;base64,aGk=","file_id":null}],"x_unknown":{"z":null,"a":[1,2.50,1e3,12345678901234567890123]},"role":"user","status":"completed","id":"msg_user","type":"message"}
{"id":"msg_assistant","type":"message","role":"assistant","status":"completed","phase":null,"content":[{"type":"output_text","annotations":[{"type":"url_citation","start_index":0,"end_index":2,"title":"t","url":"https://example.org"}],"logprobs":[],"text":"Hello"},{"type":"refusal","refusal":"No."}]}
{"type":"function_call","status":"completed","name":"weather","id":"fc_1","call_id":"call_1","arguments":"{\"b\": 1,  \"a\": null}","namespace":null,"x_unknown":[]}
{"output":[{"type":"input_text","text":"sunny"}],"call_id":"call_1","type":"function_call_output","id":"fco_1","status":"completed","created_by":null}
{"type":"file_search_call","id":"fs_1","queries":["cats","dogs"],"status":"completed","results":[{"file_id":"file_1","score":0.25,"text":"x","filename":"f","attributes":{"a":1.0,"b":true,"c":"d"}}]}
{"type":"web_search_call","status":"completed","id":"ws_1","action":{"type":"search","query":"q","queries":["q"],"sources":[{"type":"url","url":"https://example.org"}],"x":null}}
{"type":"image_generation_call","id":"ig_1","status":"completed","result":"iVBORw0KGgo=","revised_prompt":null,"size":"1024x1024"}
{"type":"computer_call","id":"cu_1","call_id":"call_cu","pending_safety_checks":[{"id":"sc_1","code":null,"message":null}],"status":"completed","action":{"type":"click","button":"left","x":1,"y":2,"keys":null}}
{"type":"computer_call_output","id":"cuo_1","call_id":"call_cu","status":"completed","acknowledged_safety_checks":[],"output":{"type":"computer_screenshot","image_url":"data:image/png;base64,iVBORw0KGgo=","file_id":null}}
{"type":"tool_search_call","id":"tsc_1","call_id":null,"execution":"server","status":"completed","arguments":{"q":null,"a":1}}
{"type":"tool_search_output","id":"tso_1","call_id":null,"execution":"server","status":"completed","tools":[{"type":"function","name":"f","parameters":null,"strict":null,"description":null}]}
{"type":"additional_tools","id":"at_1","role":"developer","tools":[{"type":"custom","name":"c","x_unknown":1}]}
{"type":"configuration_update","id":"cfg_1","reasoning":null,"text":null,"x_unknown":"y"}
{"summary":[{"type":"summary_text","text":"short"}],"type":"reasoning","id":"rs_1","content":[{"type":"reasoning_text","text":"long"}],"encrypted_content":null,"status":null}
{"type":"program","id":"prog_1","call_id":"call_prog","code":"print(1)","fingerprint":"f1"}
{"type":"program_output","id":"progo_1","call_id":"call_prog","result":"1","status":"completed"}
{"type":"compaction","id":"cmp_1","encrypted_content":"AAAA","created_by":null}
{"type":"code_interpreter_call","id":"ci_1","code":null,"container_id":"cntr_1","outputs":[{"type":"logs","logs":"1\n"},{"type":"image","url":"https://example.org/i.png"}],"status":"completed"}
{"type":"local_shell_call","id":"lsh_1","call_id":"call_lsh","status":"completed","action":{"type":"exec","command":["ls","-l"],"env":{"A":"b"},"timeout_ms":null,"user":null,"working_directory":null}}
{"type":"local_shell_call_output","id":"lsho_1","output":"ok","status":null,"call_id":"call_lsh"}
{"type":"shell_call","id":"sh_1","call_id":"call_sh","status":"completed","environment":null,"action":{"commands":["ls"],"max_output_length":null,"timeout_ms":1000}}
{"type":"shell_call_output","id":"sho_1","call_id":"call_sh","status":"completed","max_output_length":null,"output":[{"outcome":{"type":"exit","exit_code":0},"stderr":"","stdout":"a\n","created_by":"x"}]}
{"type":"apply_patch_call","id":"apc_1","call_id":"call_ap","status":"completed","operation":{"type":"create_file","path":"a","diff":"+a"}}
{"type":"apply_patch_call_output","id":"apco_1","call_id":"call_ap","status":"completed","output":null}
{"type":"mcp_list_tools","id":"mcpl_1","server_label":"s","error":null,"tools":[{"name":"t","input_schema":{"type":"object"},"annotations":null,"description":null}]}
{"type":"mcp_approval_request","id":"mcpr_1","arguments":"{}","name":"t","server_label":"s"}
{"type":"mcp_approval_response","id":"mcpa_1","approval_request_id":"mcpr_1","approve":true,"reason":null}
{"type":"mcp_call","id":"mcp_1","arguments":"{}","name":"t","server_label":"s","approval_request_id":"mcpr_1","output":null,"error":null,"status":"completed"}
{"type":"custom_tool_call","id":"ctc_1","call_id":"call_ct","name":"c","input":"free text","namespace":null}
{"type":"custom_tool_call_output","id":"ctco_1","call_id":"call_ct","output":"done"}
""".strip().splitlines()

UNKNOWN = r"""{"payload":{"deep":[[[{"é":null}]]],"n":-0.0},"type":"hologram_call","status":null,"id":"holo_1","call_id":"call_h"}"""
