field-name = 信息项目
field-purpose = 用途
field-basis = 依据
field-kept = 保存多久
