import type { INodeProperties } from 'n8n-workflow';

/** Rows of a name, a type and a value. */
export function pairRows(displayName: string, name: string, placeholder: string, description: string): INodeProperties {
	return {
		displayName,
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder,
		default: {},
		description,
		options: [
			{
				displayName: 'Rows',
				name: 'rows',
				values: [
					{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'e.g. shoeSize' },
					{
						displayName: 'Type',
						name: 'type',
						type: 'options',
						options: [
							{ name: 'Number', value: 'number' },
							{ name: 'Text', value: 'text' },
							{ name: 'True or False', value: 'boolean' },
						],
						default: 'text',
					},
					{ displayName: 'Value', name: 'value', type: 'string', default: '', placeholder: 'e.g. 38' },
				],
			},
		],
	};
}
