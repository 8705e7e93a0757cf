//! What staff may do, and what for.

named! {
    /// An operation of the staff. Stored by its word.
    Operation {
        /// Work a till.
        ServeTill => "serve_till", "收银", "serve at a till";
        /// Find a member by card or phone, and see who it is, masked.
        SearchMember => "search_member", "查找会员", "search a member";
        /// Read fields of a member.
        QueryFields => "query_fields", "查询信息", "query fields";
        /// Correct fields of a member (QLT-06).
        CorrectFields => "correct_fields", "更正信息", "correct fields";
        /// Erase a member for them (DSR-03).
        EraseMember => "erase_member", "注销会员", "erase a member";
        /// Say that a phone is the member's.
        VerifyPhone => "verify_phone", "核实手机号", "verify a phone";
        /// Hand out a secret that sets a new PIN (MEM-08).
        IssuePinReset => "issue_pin_reset", "签发密码重置", "issue a PIN reset";
        /// Put a new card in the place of a lost one.
        ReissueCard => "reissue_card", "补办会员卡", "re-issue a card";
        /// Type in a registration.
        EnterMember => "enter_member", "代录会员", "enter a member";
        /// Look over what another typed in (QLT-05).
        ReviewEntry => "review_entry", "复核录入", "review an entry";
        /// Sanction: warn (MEM-06).
        Warn => "warn", "警告", "warn";
        /// Sanction: restrict.
        Restrict => "restrict", "限制", "restrict";
        /// Sanction: suspend.
        Suspend => "suspend", "封停", "suspend";
        /// Take a sanction back.
        Lift => "lift", "解除处罚", "lift a sanction";
        /// Sanction: end the membership, which erases.
        Terminate => "terminate", "终止会员资格", "terminate";
        /// Correct points up to the shop's limit.
        Adjust => "adjust", "积分调整", "adjust points";
        /// Correct more points than that.
        AdjustAboveLimit => "adjust_above_limit", "超限额积分调整", "adjust points above the limit";
        /// Merge two records of one person.
        Merge => "merge", "合并会员", "merge records";
        /// Undo that.
        UndoMerge => "undo_merge", "撤销合并", "undo a merge";
        /// Read requests and complaints.
        ReadTickets => "read_tickets", "查看工单", "read tickets";
        /// Take one.
        TakeTicket => "take_ticket", "受理工单", "take a ticket";
        /// Answer one.
        AnswerTicket => "answer_ticket", "回复工单", "answer a ticket";
        /// Close one.
        CloseTicket => "close_ticket", "关闭工单", "close a ticket";
        /// Read the audit.
        ReadAudit => "read_audit", "查看审计", "read the audit";
        /// Read the log-ins of the staff.
        ReadLogIns => "read_log_ins", "查看登录记录", "read log-ins";
        /// Read the list of the staff and what each may do.
        ReadStaff => "read_staff", "查看员工账号", "read staff accounts";
        /// Read sums, without persons.
        ReadReports => "read_reports", "查看报表", "read reports";
        /// Read what is to be cleaned up (QLT-04).
        ReadQuality => "read_quality", "查看数据质量", "read data quality";
        /// Add accounts, give and take roles, set passwords anew.
        ManageStaff => "manage_staff", "管理员工账号", "manage staff accounts";
        /// Block an account at once (ACC-07).
        BlockStaff => "block_staff", "停用员工账号", "block a staff account";
        /// Let tills in and out.
        ManageTerminals => "manage_terminals", "管理终端", "manage terminals";
        /// Bring a programme into force.
        ManageProgramme => "manage_programme", "管理会员制度", "manage the programme";
        /// Publish a notice.
        ManageNotice => "manage_notice", "管理告知书", "manage the notice";
        /// Keep incidents.
        ManageIncidents => "manage_incidents", "处理安全事件", "manage incidents";
        /// Run what the clock runs, now.
        RunSweep => "run_sweep", "到期清理", "run the sweep";
        /// Take a backup.
        Backup => "backup", "备份", "take a backup";
        /// Give keys in turn.
        ManageKeys => "manage_keys", "管理密钥", "manage keys";
        /// Check the shop itself.
        SelfCheck => "self_check", "自检", "self-check";
        /// File an application for extraction (EXT-02).
        FileApplication => "file_application", "提交采集申请", "file an application";
        /// Review and forward one (EXT-03).
        ReviewApplication => "review_application", "审核采集申请", "review an application";
        /// Sign one (EXT-04).
        SignApplication => "sign_application", "签署采集申请", "sign an application";
        /// Carry one out.
        RunApplication => "run_application", "执行采集申请", "run an application";
        /// Receive the extract (EXT-06).
        ReceiveExtract => "receive_extract", "接收提取文件", "receive an extract";
        /// Look at an identity document that is shown.
        CheckIdentity => "check_identity", "核对证件", "check an identity document";
    }
}

named! {
    /// What an operation on a member is for: it stands in the audit, where free text has no place. Stored by its word.
    Cause {
        /// The member asked for it.
        MemberAsked => "member_asked", "会员要求", "the member asked";
        /// A mistake was noticed (QLT-06).
        ErrorNoticed => "error_noticed", "发现差错", "a mistake was noticed";
        /// A complaint or an enquiry.
        Complaint => "complaint", "投诉咨询", "a complaint";
        /// Records are verified (QLT-04).
        Verification => "verification", "信息核验", "verification of records";
        /// The data is not true.
        UntrueData => "untrue_data", "信息不实", "untrue data";
        /// The rules were broken (MEM-06).
        RulesBroken => "rules_broken", "违反规约", "the rules were broken";
        /// Points or offers are misused.
        Misuse => "misuse", "滥用积分", "misuse";
        /// A security incident.
        Incident => "incident", "安全事件", "an incident";
        /// The law asks for it.
        Law => "law", "法律要求", "the law";
        /// Goodwill of the shop.
        Goodwill => "goodwill", "商家优待", "goodwill";
    }
}
